// The tables of a document that a program writes: each between <!-- table NAME --> and <!-- end -->.

/** The document with these tables in their places; others stay as they are. */
export function withTables(text, tables) {
  let out = text;
  for (const [name, table] of Object.entries(tables)) {
    const place = new RegExp(`(<!-- table ${name} -->\n)[^]*?(<!-- end -->)`);
    if (!place.test(out)) throw new Error(`the document has no place for the table '${name}'`);
    out = out.replace(place, (_, begin, end) => `${begin}\n${table}\n\n${end}`);
  }
  return out;
}
