// Generates both sides of the channel from worker/protocol/*.proto:
//   node generate.mjs --cpp messages.gen.hpp    C++ structs, for core/channel/wire.hpp
//   node generate.mjs --ts messages.gen.ts      TypeScript interfaces, for ts/shared/channel/wire.ts
// A construct of the protobuf language that is not listed in check() is an error.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

/** @typedef {import('protobufjs').Enum} Enum */
/** @typedef {import('protobufjs').Field} Field */
/** @typedef {import('protobufjs').OneOf} OneOf */
/** @typedef {import('protobufjs').Service} Service */
/** @typedef {import('protobufjs').Type} Message */
/** @typedef {{ name: string; number: number; request: string; response: string }} Method */
/** @typedef {{ enums: Enum[]; messages: Message[]; services: { name: string; methods: Method[] }[] }} Schema */

/** A scalar's C++ type, TypeScript type and default, and wire type. */
const kScalars = {
  bool: { cpp: 'bool', ts: 'boolean', zero: 'false', wire: 0 },
  int32: { cpp: 'int32_t', ts: 'number', zero: '0', wire: 0 },
  uint32: { cpp: 'uint32_t', ts: 'number', zero: '0', wire: 0 },
  int64: { cpp: 'int64_t', ts: 'number', zero: '0', wire: 0 },
  uint64: { cpp: 'uint64_t', ts: 'number', zero: '0', wire: 0 },
  double: { cpp: 'double', ts: 'number', zero: '0', wire: 1 },
  string: { cpp: 'std::string', ts: 'string', zero: "''", wire: 2 },
  bytes: { cpp: 'std::vector<uint8_t>', ts: 'Uint8Array', zero: 'new Uint8Array()', wire: 2 },
};

const snake = (/** @type {string} */ name) => name.replace(/(?<=[a-z0-9])[A-Z]/g, '_$&').toLowerCase();
const camel = (/** @type {string} */ name) => name.toLowerCase().replace(/_(.)/g, (_, c) => c.toUpperCase());
const upper = (/** @type {string} */ text) => text[0].toUpperCase() + text.slice(1);
const lower = (/** @type {string} */ text) => text[0].toLowerCase() + text.slice(1);

const isMessage = (/** @type {Field} */ f) => f.resolvedType instanceof protobuf.Type;
const isEnum = (/** @type {Field} */ f) => f.resolvedType instanceof protobuf.Enum;
const isOptional = (/** @type {Field} */ f) =>
  !f.repeated && (isMessage(f) || f.options?.proto3_optional === true);
const isPacked = (/** @type {Field} */ f) => f.repeated && wireType(f) !== 2;
const scalar = (/** @type {Field} */ f) => kScalars[/** @type {keyof typeof kScalars} */ (f.type)];
const wireType = (/** @type {Field} */ f) => (isMessage(f) || f.map ? 2 : isEnum(f) ? 0 : scalar(f).wire);

/** An enum's values in lower camel case, without the enum's own name: DTLS_STATE_NEW is `new`. */
const values = (/** @type {Enum} */ e) =>
  Object.keys(e.values).map((name) => camel(name.slice(snake(e.name).length + 1)));

/**
 * A message's fields in the order of their numbers, a oneof in place of the fields it holds.
 * @param {Message} message
 * @returns {(Field | OneOf)[]}
 */
function members(message) {
  const fields = [...message.fieldsArray].sort((a, b) => a.id - b.id);
  const seen = new Set();
  return fields
    .map((f) => (f.partOf && f.options?.proto3_optional !== true ? f.partOf : f))
    .filter((member) => !seen.has(member) && seen.add(member));
}

// ---- the schema

/** @returns {Schema} */
function load() {
  const folder = fileURLToPath(new URL('../../worker/protocol/', import.meta.url));
  const root = new protobuf.Root();
  for (const file of readdirSync(folder).sort())
    if (file.endsWith('.proto'))
      protobuf.parse(readFileSync(folder + file, 'utf8'), root, {
        keepCase: true,
        alternateCommentMode: true,
      });
  const all = root.resolveAll().define('sfu.channel').nestedArray;
  const messages = all.filter((x) => x instanceof protobuf.Type);
  const enums = all.filter((x) => x instanceof protobuf.Enum);
  for (const e of enums) checkEnum(e);
  for (const m of messages) for (const f of m.fieldsArray) check(m, f);
  return {
    enums,
    messages: sorted(messages),
    services: services(all.filter((x) => x instanceof protobuf.Service)),
  };
}

/** @param {Service[]} found */
function services(found) {
  let number = 0;
  return found.map((service) => ({
    name: service.name,
    methods: service.methodsArray.map((m) => ({
      name: m.name,
      number: number++,
      request: m.requestType,
      response: m.responseType,
    })),
  }));
}

/** @param {Enum} e */
function checkEnum(e) {
  const prefix = `${snake(e.name).toUpperCase()}_`;
  Object.entries(e.values).forEach(([name, value], index) => {
    if (!name.startsWith(prefix)) throw new Error(`${e.name}: ${name} must begin with ${prefix}`);
    if (value !== index) throw new Error(`${e.name}: values must count from 0`);
  });
}

/**
 * @param {Message} message
 * @param {Field} f
 */
function check(message, f) {
  const where = `${message.name}.${f.name}`;
  if (f instanceof protobuf.MapField && (f.keyType !== 'string' || f.type !== 'string'))
    throw new Error(`${where}: only map<string, string> is supported`);
  if (!isMessage(f) && !isEnum(f) && !scalar(f)) throw new Error(`${where}: ${f.type} is not supported`);
  if (!f.partOf || f.options?.proto3_optional) return;
  if (!isMessage(f)) throw new Error(`${where}: a oneof holds messages only`);
  const alternative = /** @type {Message} */ (f.resolvedType);
  if (alternative.fields.type) throw new Error(`${where}: a oneof's message cannot have a field "type"`);
  if (f.partOf.fieldsArray.filter((other) => other.type === f.type).length > 1)
    throw new Error(`${where}: a oneof holds each message once`);
}

/**
 * Messages ordered so that each stands behind those it holds.
 * @param {Message[]} messages
 */
function sorted(messages) {
  const done = new Set();
  /** @type {Message[]} */
  const out = [];
  const visit = (/** @type {Message} */ m, /** @type {Message[]} */ holders) => {
    if (holders.includes(m)) throw new Error(`${m.name} holds itself`);
    if (done.has(m)) return;
    for (const f of m.fieldsArray)
      if (isMessage(f)) visit(/** @type {Message} */ (f.resolvedType), [...holders, m]);
    done.add(m);
    out.push(m);
  };
  for (const m of messages) visit(m, []);
  return out;
}

// ---- C++

/** @param {Field} f */
function cppType(f) {
  if (f.map) return 'std::vector<std::pair<std::string, std::string>>';
  const item = f.resolvedType ? f.resolvedType.name : scalar(f).cpp;
  return f.repeated ? `std::vector<${item}>` : isOptional(f) ? `std::optional<${item}>` : item;
}

/** @param {Field | OneOf} member */
function cppMember(member) {
  if (!(member instanceof protobuf.OneOf)) return `${cppType(member)} ${member.name}{};`;
  const types = member.fieldsArray.map((f) => f.type).join(', ');
  return `std::variant<std::monostate, ${types}> ${member.name}{};`;
}

/** @param {Field | OneOf} member */
function cppVisit(member) {
  if (!(member instanceof protobuf.OneOf)) return `visit(${member.id}, message.${member.name});`;
  return `visit(wire::OneOf<${member.fieldsArray.map((f) => f.id).join(', ')}>{}, message.${member.name});`;
}

/** @param {import('protobufjs').ReflectionObject} x */
const cppComment = (x, indent = '') =>
  x.comment ? x.comment.split('\n').map((line) => `${indent}// ${line}`) : [];

/** @param {Enum} e */
function cppEnum(e) {
  const names = values(e).map((name) => `k${upper(name)}`);
  return [
    ...cppComment(e),
    `enum class ${e.name} : uint32_t { ${names.join(', ')} };`,
    `constexpr ${e.name} last_of(${e.name}) { return ${e.name}::${names.at(-1)}; }`,
    '',
  ];
}

/** @param {Message} m */
function cppStruct(m) {
  const visits = members(m).map((member) => `    ${cppVisit(member)}`);
  return [
    ...cppComment(m),
    `struct ${m.name} {`,
    ...members(m).flatMap((member) => [...cppComment(member, '  '), `  ${cppMember(member)}`]),
    `  static void fields(${visits.length ? 'auto& message, auto&& visit' : 'auto&, auto&&'}) {`,
    ...visits,
    '  }',
    `  friend bool operator==(const ${m.name}&, const ${m.name}&) = default;`,
    '};',
    '',
  ];
}

/** @param {Schema['services'][number]} service */
function cppService(service) {
  return [
    `// Answers \`request\` if it is one of ${service.name}'s: calls \`Result<Response> handle(const Message&, context...)\`.`,
    'template <class Handler, class... Context>',
    `std::optional<Reply> dispatch_${snake(service.name)}(Handler& handler, const Request& request, Context&&... context) {`,
    '  switch (static_cast<Method>(request.method)) {',
    ...service.methods.flatMap((m) => [
      `    case Method::k${m.name}:`,
      `      return answer<Reply, ${m.request}, ${m.response}>(handler, request, context...);`,
    ]),
    '    default:',
    '      return std::nullopt;',
    '  }',
    '}',
    '',
  ];
}

/** @param {Schema} schema */
function cpp(schema) {
  const methods = schema.services.flatMap((s) => s.methods);
  return [
    '// Generated from worker/protocol by ts/tools/generate.mjs.',
    '#pragma once',
    '',
    '#include "core/channel/answer.hpp"',
    '#include "core/channel/wire.hpp"',
    '',
    'namespace sfu::channel {',
    '',
    ...schema.enums.flatMap(cppEnum),
    ...schema.messages.flatMap(cppStruct),
    'enum class Method : uint32_t {',
    ...methods.map((m) => `  k${m.name} = ${m.number},`),
    '};',
    '',
    '// Calls visit.template operator()<Message>() with the message of each request.',
    'void each_request(auto&& visit) {',
    ...methods.map((m) => `  visit.template operator()<${m.request}>();`),
    '}',
    '',
    ...schema.services.flatMap(cppService),
    '}  // namespace sfu::channel',
    '',
  ].join('\n');
}

// ---- TypeScript

const tag = (/** @type {Field} */ f, wire = wireType(f)) => f.id * 8 + wire;

/** @param {Field} f */
function tsType(f) {
  if (f.map) return 'Record<string, string | number | boolean>';
  return (f.resolvedType ? f.resolvedType.name : scalar(f).ts) + (f.repeated ? '[]' : '');
}

/** @param {Field} f */
function tsAlternative(f) {
  const empty = /** @type {Message} */ (f.resolvedType).fieldsArray.length === 0;
  return `{ type: '${camel(f.name)}' }${empty ? '' : ` & ${f.type}`}`;
}

/** @param {Field | OneOf} member */
function tsMember(member) {
  const name = camel(member.name);
  if (!(member instanceof protobuf.OneOf))
    return `${name}${isOptional(member) ? '?' : ''}: ${tsType(member)};`;
  return `${name}?:${member.fieldsArray.map((f) => `\n    | (${tsAlternative(f)})`).join('')};`;
}

/** @param {Field} f */
function tsZero(f) {
  if (f.map) return '{}';
  if (f.repeated) return '[]';
  return isEnum(f) ? `'${values(/** @type {Enum} */ (f.resolvedType))[0]}'` : scalar(f).zero;
}

/** @param {import('protobufjs').ReflectionObject} x */
function tsComment(x, indent = '') {
  if (!x.comment) return [];
  const lines = x.comment.split('\n');
  if (lines.length === 1) return [`${indent}/** ${lines[0]} */`];
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`), `${indent} */`];
}

/**
 * The call that writes one value behind its tag.
 * @param {Message} m
 * @param {Field} f
 * @param {string} value
 */
function tsPut(m, f, value) {
  if (isMessage(f)) return `.nested(() => write${f.type}(w, ${value}))`;
  const where = `'${m.name}.${camel(f.name)}'`;
  return isEnum(f) ? `.choice(${value}, k${f.type}, ${where})` : `.${f.type}(${value}, ${where})`;
}

/**
 * @param {Message} m
 * @param {Field} f
 */
function tsWrite(m, f) {
  const value = `m.${camel(f.name)}`;
  const where = `'${m.name}.${camel(f.name)}'`;
  if (f.map) return `w.map(${tag(f)}, ${value}, ${where});`;
  if (isPacked(f))
    return `if (${value}.length > 0) w.tag(${tag(f, 2)}).nested(() => { for (const item of ${value}) w${tsPut(m, f, 'item')}; });`;
  if (f.repeated) return `for (const item of ${value}) w.tag(${tag(f)})${tsPut(m, f, 'item')};`;
  const present = isOptional(f)
    ? `${value} !== undefined`
    : f.type === 'bytes'
      ? `${value}?.length !== 0`
      : `${value} !== ${tsZero(f)}`;
  const known = isOptional(f) && isMessage(f) ? `const ${camel(f.name)} = ${value};\n  ` : '';
  return `${known}if (${known ? camel(f.name) : value}${present.slice(value.length)}) w.tag(${tag(f)})${tsPut(m, f, known ? camel(f.name) : value)};`;
}

/**
 * @param {Message} m
 * @param {OneOf} oneof
 */
function tsWriteOneOf(m, oneof) {
  const name = camel(oneof.name);
  return [
    `const ${name} = m.${name};`,
    `switch (${name}?.type) {`,
    '  case undefined: break;',
    ...oneof.fieldsArray.map(
      (f) => `  case '${camel(f.name)}': w.tag(${tag(f)})${tsPut(m, f, name)}; break;`,
    ),
    `  default: throw new TypeError('${m.name}.${name}.type is not known');`,
    '}',
  ].join('\n  ');
}

/** @param {Field} f */
function tsGet(f) {
  if (isMessage(f)) return `r.nested(() => read${f.type}(r))`;
  return isEnum(f) ? `r.choice(k${f.type})` : `r.${f.type}()`;
}

/** @param {Field} f */
function tsRead(f) {
  const name = `m.${camel(f.name)}`;
  if (f.map) return [`case ${tag(f)}: r.entry(${name}); break;`];
  if (isPacked(f))
    return [
      `case ${tag(f)}: ${name}.push(r.item(${tsGet(f)})); break;`,
      `case ${tag(f, 2)}: r.nested(() => { while (r.more()) ${name}.push(r.item(${tsGet(f)})); }); break;`,
    ];
  if (f.repeated) return [`case ${tag(f)}: ${name}.push(r.item(${tsGet(f)})); break;`];
  if (!f.partOf || f.options?.proto3_optional) return [`case ${tag(f)}: ${name} = ${tsGet(f)}; break;`];
  return [`case ${tag(f)}: m.${camel(f.partOf.name)} = { type: '${camel(f.name)}', ...${tsGet(f)} }; break;`];
}

/** @param {Enum} e */
function tsEnum(e) {
  const literals = values(e).map((name) => `'${name}'`);
  return [
    ...tsComment(e),
    `export type ${e.name} = ${literals.join(' | ')};`,
    `export const k${e.name}: readonly ${e.name}[] = [${literals.join(', ')}];`,
    '',
  ];
}

/** @param {Message} m */
function tsMessage(m) {
  const list = members(m);
  const empty = list.length === 0;
  const filled = list.flatMap((x) =>
    x instanceof protobuf.OneOf || isOptional(x) ? [] : [`${camel(x.name)}: ${tsZero(x)}`],
  );
  return [
    ...tsComment(m),
    ...(empty ? [`export type ${m.name} = Record<never, never>;`] : [`export interface ${m.name} {`]),
    ...list.flatMap((x) => [...tsComment(x, '  '), `  ${tsMember(x)}`]),
    ...(empty ? [] : ['}']),
    `function write${m.name}(${empty ? '_w' : 'w'}: Writer, ${empty ? '_m' : 'm'}: ${m.name}): void {`,
    ...list.map((x) => `  ${x instanceof protobuf.OneOf ? tsWriteOneOf(m, x) : tsWrite(m, x)}`),
    '}',
    `function read${m.name}(r: Reader): ${m.name} {`,
    `  const m: ${m.name} = { ${filled.join(', ')} };`,
    '  for (let tag = r.next(); tag !== 0; tag = r.next())',
    '    switch (tag) {',
    ...m.fieldsArray.flatMap(tsRead).map((line) => `      ${line}`),
    '      default: r.skip();',
    '    }',
    '  return m;',
    '}',
    `export const encode${m.name} = (m: ${m.name}): Uint8Array => encode(write${m.name}, m);`,
    `export const decode${m.name} = (bytes: Uint8Array): ${m.name} => decode(read${m.name}, bytes);`,
    '',
  ];
}

/**
 * @param {Method} method
 * @param {Schema} schema
 */
function tsMethod(method, schema) {
  const empty = schema.messages.find((m) => m.name === method.request)?.fieldsArray.length === 0;
  if (method.response === 'Nothing')
    return [
      `  ${lower(method.name)}(m: ${method.request}): void {`,
      `    this.#post(${method.number}, encode${method.request}(m));`,
      '  }',
    ];
  return [
    `  async ${lower(method.name)}(m: ${method.request}${empty ? ' = {}' : ''}): Promise<${method.response}> {`,
    `    return decode${method.response}(await this.#call(${method.number}, encode${method.request}(m)));`,
    '  }',
  ];
}

/** @param {Schema} schema */
function ts(schema) {
  return [
    '// Generated from worker/protocol by ts/tools/generate.mjs.',
    "import { decode, encode, type Reader, type Writer } from './wire.js';",
    '',
    ...schema.enums.flatMap(tsEnum),
    ...schema.messages.flatMap(tsMessage),
    '/**',
    ' * Every request to a worker. `call` sends an encoded request and resolves with the encoded response; `post` sends one',
    ' * that is not answered.',
    ' */',
    'export class Control {',
    '  readonly #call: (method: number, body: Uint8Array) => Promise<Uint8Array>;',
    '  readonly #post: (method: number, body: Uint8Array) => void;',
    '  constructor(',
    '    call: (method: number, body: Uint8Array) => Promise<Uint8Array>,',
    '    post: (method: number, body: Uint8Array) => void,',
    '  ) {',
    '    this.#call = call;',
    '    this.#post = post;',
    '  }',
    ...schema.services.flatMap((s) => s.methods.flatMap((method) => tsMethod(method, schema))),
    '}',
    '',
  ].join('\n');
}

// ---- the command

const [flag, out] = process.argv.slice(2);
const generate = { '--cpp': cpp, '--ts': ts }[flag];
if (!generate || !out) {
  console.error('usage: generate.mjs --cpp OUT.hpp | --ts OUT.ts');
  process.exit(2);
}
mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, generate(load()));
