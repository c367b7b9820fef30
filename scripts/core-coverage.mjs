// What docs/core-coverage.md must have a row for, and what its rows say: for core-coverage.test.mjs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from './tools.mjs';

const ENTRY = join(root, 'ts/server/core/index.ts');

/** The heading under which the values stand that the module exports. */
export const MODULE = 'consomme/core';
/** Namespaces whose members have rows of their own; `types` repeats what the module exports. */
const NAMESPACES = ['ortc', 'extras', 'errors'];

/**
 * The public members of the core, by the names of what it exports: of a class its getters and methods, of an object type
 * its fields, of a union of strings those, of a namespace what is in it. What an exported base has is its own.
 * @returns {Map<string, Set<string>>} without what has no members
 */
export function publicMembers() {
  return surfaceOf(ENTRY, ts.createCompilerHost({}));
}

/** The same of a module that exports nothing but what it declares itself. */
export function membersOf(source) {
  const path = join(root, 'ts/server/core/no-such-file.ts');
  const host = ts.createCompilerHost({});
  const { getSourceFile } = host;
  host.getSourceFile = (name, ...rest) =>
    name === path
      ? ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true)
      : getSourceFile(name, ...rest);
  return surfaceOf(path, host);
}

function surfaceOf(path, host) {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [], include: [] }, ts.sys, root);
  const program = ts.createProgram([path], options, host);
  return new Surface(program.getTypeChecker()).of(program.getSourceFile(path));
}

class Surface {
  constructor(checker) {
    this.checker = checker;
  }

  of(file) {
    const module = this.checker.getSymbolAtLocation(file);
    const exported = this.checker
      .getExportsOfModule(module)
      .map((symbol) => [symbol.name, this.resolved(symbol)]);
    this.names = new Map(exported.map(([name, symbol]) => [symbol, name]));
    const members = exported.map(([name, symbol]) => [name, new Set(this.membersOf(name, symbol))]);
    const values = new Set(file.statements.flatMap((statement) => this.valuesOf(statement)));
    return new Map([[MODULE, values], ...members.filter(([, { size }]) => size > 0)]);
  }

  /** What a statement exports that is there at run time. */
  valuesOf(statement) {
    if (isDeclared(statement)) return [statement.name.text];
    if (ts.isVariableStatement(statement)) {
      return statement.declarationList.declarations.map(({ name }) => name.text);
    }
    if (!ts.isExportDeclaration(statement) || statement.isTypeOnly) return [];
    if (!statement.exportClause)
      return this.namesIn(this.checker.getSymbolAtLocation(statement.moduleSpecifier));
    if (ts.isNamespaceExport(statement.exportClause)) return [statement.exportClause.name.text];
    return statement.exportClause.elements.map(({ name }) => name.text);
  }

  namesIn(module) {
    const exported = this.checker.getExportsOfModule(module);
    return exported.filter((each) => this.isValue(each)).map(({ name }) => name);
  }

  isValue(symbol) {
    return (this.resolved(symbol).flags & ts.SymbolFlags.Value) !== 0;
  }

  resolved(symbol) {
    return symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
  }

  membersOf(name, symbol) {
    if (NAMESPACES.includes(name)) return this.namesIn(symbol);
    if (symbol.flags & ts.SymbolFlags.NamespaceModule) return [];
    const [declaration] = symbol.declarations ?? [];
    if (ts.isClassDeclaration(declaration)) return this.ofClass(declaration);
    if (ts.isTypeAliasDeclaration(declaration)) return this.ofType(declaration.type);
    if (ts.isVariableDeclaration(declaration)) return this.ofEmitter(declaration);
    return [];
  }

  /** With those of its bases, up to one that is exported, or not ours. */
  ofClass(declaration) {
    const own = declaration.members.filter(isPublic).map((member) => member.name.text);
    const base = this.baseOf(declaration);
    return base ? [...own, ...this.ofClass(base)] : own;
  }

  baseOf(declaration) {
    const extended = declaration.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword);
    const symbol = extended && this.resolved(this.checker.getSymbolAtLocation(extended.types[0].expression));
    const base = symbol?.declarations?.find(ts.isClassDeclaration);
    return base && !this.names.has(symbol) && !base.getSourceFile().isDeclarationFile ? base : undefined;
  }

  /** Fields of an object type, also of those inside it as `outer.inner`; choices of a union of strings. */
  ofType(node) {
    if (ts.isParenthesizedTypeNode(node)) return this.ofType(node.type);
    if (ts.isIntersectionTypeNode(node)) return node.types.flatMap((part) => this.ofType(part));
    if (ts.isTypeLiteralNode(node)) return node.members.flatMap((member) => this.ofField(member));
    if (ts.isTypeReferenceNode(node)) return this.ofReference(node);
    return this.ofResolved(node);
  }

  ofReference(node) {
    const symbol = this.checker.getSymbolAtLocation(node.typeName);
    const target = symbol && this.resolved(symbol);
    const isTheLanguages = target?.declarations?.some(
      (each) => ts.isInterfaceDeclaration(each) && each.getSourceFile().isDeclarationFile,
    );
    if (target && (this.names.has(target) || isTheLanguages)) return [];
    const alias = target?.declarations?.find(ts.isTypeAliasDeclaration);
    const isOurs = alias && !alias.getSourceFile().isDeclarationFile && !alias.typeParameters;
    return isOurs ? this.ofType(alias.type) : this.ofResolved(node);
  }

  /** What has no members of its own to read in the sources: Omit<…>, what is generated, unions. */
  ofResolved(node) {
    if (ts.isImportTypeNode(node)) return []; // a module: what it exports is there already
    const type = this.checker.getTypeFromTypeNode(node);
    if (type.isUnion()) {
      const parts = type.types.filter((part) => !(part.flags & ts.TypeFlags.Undefined));
      if (parts.every((part) => part.isStringLiteral())) return parts.map(({ value }) => value);
      return parts.flatMap((part) => (part.flags & ts.TypeFlags.Object ? this.propertiesOf(part) : []));
    }
    if (type.isStringLiteral()) return [type.value];
    return type.flags & ts.TypeFlags.Object && !this.checker.isArrayType(type) ? this.propertiesOf(type) : [];
  }

  propertiesOf(type) {
    if (type.getCallSignatures().length > 0 || type.getStringIndexType()) return [];
    return type.getProperties().map(({ name }) => name);
  }

  ofField(member) {
    const name = member.name?.text;
    if (name === undefined || !member.type) return [];
    const inner = ts.isArrayTypeNode(member.type) ? member.type.elementType : member.type;
    const isInline = ts.isTypeLiteralNode(inner) || ts.isIntersectionTypeNode(inner);
    const fields = isInline ? this.ofType(inner) : [];
    return [name, ...fields.map((field) => `${name}.${field}`)];
  }

  /** The events of an emitter that the module itself has. */
  ofEmitter({ initializer }) {
    const [events] = initializer && ts.isNewExpression(initializer) ? (initializer.typeArguments ?? []) : [];
    return events ? this.ofType(events) : [];
  }
}

function isDeclared(statement) {
  return ts.isClassDeclaration(statement) || ts.isFunctionDeclaration(statement);
}

function isPublic(member) {
  if (!member.name || !ts.isIdentifier(member.name)) return false;
  const flags = ts.getCombinedModifierFlags(member);
  return !(flags & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected));
}

/**
 * The rows that name tests: `| names | what | tests |`, under a heading that is the owner's name, or no name at all.
 * @returns {{ owner: string, names: string[], tests: { file: string, title: string }[], line: number }[]}
 */
export function rowsOf(text) {
  let owner = '';
  return text.split('\n').flatMap((line, index) => {
    if (line.startsWith('#')) owner = /^### `(.*)`/.exec(line)?.[1] ?? '';
    const cells = /^\| (.*) \|$/.exec(line)?.[1].split(' | ') ?? [];
    if (cells.length !== 3 || ['name', 'what'].includes(cells[0])) return [];
    const names = [...cells[0].matchAll(/`([^`]+)`/g)].map(([, name]) => name);
    const tests = [...cells[2].matchAll(/`([^`]+)`: ([^;]+)/g)];
    return {
      owner,
      names,
      tests: tests.map(([, file, title]) => ({ file, title: title.trim() })),
      line: index + 1,
    };
  });
}

/** The whole titles of a file's tests, those of `each` with their placeholders. */
export function titlesIn(path) {
  const text = readFileSync(join(root, path), 'utf8');
  return path.endsWith('.cpp') ? doctestTitles(text) : jestTitles(path, text);
}

function doctestTitles(text) {
  return [...text.matchAll(/TEST_CASE\(\s*"((?:[^"\\]|\\.)*)"/g)].map(([, title]) => title);
}

function jestTitles(path, text) {
  const titles = [];
  const visit = (node, within) => {
    const name = ts.isCallExpression(node) ? calledName(node.expression) : undefined;
    const title = name && textOf(node.arguments[0]);
    const whole = title === undefined ? within : [...within, title];
    if (title !== undefined && name !== 'describe') titles.push(whole.join(' '));
    ts.forEachChild(node, (child) => visit(child, whole));
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true), []);
  return titles;
}

/** 'it' of it('…'), it.each([…])('…'), it.each<T>`…`('…'). */
function calledName(expression) {
  if (ts.isIdentifier(expression)) {
    return ['describe', 'it', 'test'].includes(expression.text) ? expression.text : undefined;
  }
  if (!ts.isCallExpression(expression) || !ts.isPropertyAccessExpression(expression.expression))
    return undefined;
  return expression.expression.name.text === 'each'
    ? calledName(expression.expression.expression)
    : undefined;
}

function textOf(node) {
  if (node && ts.isStringLiteralLike(node)) return node.text;
  if (node && ts.isTemplateExpression(node))
    return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('…');
  return undefined;
}
