import { parseSync } from 'vite';

/** A file of the repository: its path from the root, with forward slashes, and its text. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** A node of the syntax tree; what it holds depends on its `type`. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** Anything a file takes from another: `import`, `export … from`, `import()` and `import('…').T`, types included. */
export interface Import {
  readonly specifier: string;
  /** The names taken, as the other file calls them; `*` for all, `default` for the default. */
  readonly names: readonly string[];
  readonly typeOnly: boolean;
  readonly line: number;
}

export interface Export {
  /** The name it goes by outside. */
  readonly name: string;
  /** The name it was declared by, in this file or in the one it comes `from`. */
  readonly local: string;
  readonly kind: 'value' | 'type';
  /** Set where this file only passes it on. */
  readonly from?: string;
  readonly line: number;
}

export interface Parsed extends Source {
  readonly root: Node;
  readonly imports: readonly Import[];
  readonly exports: readonly Export[];
  readonly comments: readonly { readonly text: string; readonly start: number; readonly end: number }[];
  lineOf(position: number): number;
}

const TYPE_DECLARATIONS = new Set(['TSInterfaceDeclaration', 'TSTypeAliasDeclaration']);

/** Parses TypeScript with the parser that Vite brings. Throws where the text is no TypeScript. */
export function parse({ path, text }: Source): Parsed {
  const { program, module, comments, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]!.message}`);
  const root = program as unknown as Node;
  const lineOf = (position: number) => text.slice(0, position).split('\n').length;
  const types = new Set<string>();
  for (const statement of root['body'] as Node[]) {
    const declared = (statement['declaration'] ?? statement) as Node;
    if (TYPE_DECLARATIONS.has(declared.type)) types.add((declared['id'] as { name: string }).name);
  }
  const exports: Export[] = [];
  const imports: Import[] = module.staticImports.map((found) => ({
    specifier: found.moduleRequest.value,
    names: found.entries.map((entry) => importedName(entry.importName)),
    typeOnly: found.entries.length > 0 && found.entries.every((entry) => entry.isType),
    line: lineOf(found.start),
  }));
  for (const found of module.staticExports)
    for (const entry of found.entries) {
      const from = entry.moduleRequest?.value;
      const line = lineOf(entry.start);
      const name = entry.exportName.kind === 'Default' ? 'default' : (entry.exportName.name ?? '*');
      const local = from === undefined ? (entry.localName.name ?? name) : importedName(entry.importName);
      const kind = entry.isType || types.has(local) ? 'type' : 'value';
      exports.push({ name, local, kind, line, ...(from !== undefined && { from }) });
      if (from !== undefined) imports.push({ specifier: from, names: [local], typeOnly: entry.isType, line });
    }
  for (const node of walk(root)) {
    if (node.type !== 'ImportExpression' && node.type !== 'TSImportType') continue;
    const specifier = (node['source'] as Node | undefined)?.['value'];
    if (typeof specifier !== 'string') continue;
    imports.push({ specifier, names: ['*'], typeOnly: node.type === 'TSImportType', line: lineOf(node.start) });
  }
  const said = comments.map(({ value, start, end }) => ({ text: value, start, end }));
  return { path, text, root, imports, exports, comments: said, lineOf };
}

function importedName(entry: { readonly kind: string; readonly name?: string | null | undefined }): string {
  return entry.kind === 'Name' ? (entry.name ?? '*') : entry.kind === 'Default' ? 'default' : '*';
}

/** Every node below and including `node`, parents first. */
export function* walk(node: Node): Generator<Node> {
  yield node;
  for (const child of children(node)) yield* walk(child.node);
}

/** The nodes right below one, with the names of the fields that hold them. */
export function* children(node: Node): Generator<{ readonly field: string; readonly node: Node }> {
  for (const [field, value] of Object.entries(node))
    for (const item of Array.isArray(value) ? (value as readonly unknown[]) : [value])
      if (isNode(item)) yield { field, node: item };
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Node>).type === 'string';
}

/** A declaration at the top of a file, with the text of the TSDoc comment right before it, if it has one. */
export interface Declaration {
  readonly name: string;
  readonly type: string;
  readonly doc: string | undefined;
  readonly line: number;
}

/** What a file declares at its top, in order; an overloaded function stands there once for each overload. */
export function declarations(file: Parsed): Declaration[] {
  const found: Declaration[] = [];
  for (const statement of file.root['body'] as Node[]) {
    const declared = (statement['declaration'] ?? statement) as Node;
    const named = declared.type === 'VariableDeclaration' ? (declared['declarations'] as Node[]) : [declared];
    const comment = file.comments.findLast((c) => c.end <= statement.start);
    const touches = comment !== undefined && file.text.slice(comment.end, statement.start).trim() === '';
    const doc = touches && comment.text.startsWith('*') ? docText(comment.text) : undefined;
    for (const one of named) {
      const name = (one['id'] as { name?: string } | null | undefined)?.name;
      if (name !== undefined) found.push({ name, type: declared.type, doc, line: file.lineOf(statement.start) });
    }
  }
  return found;
}

/** The text of a TSDoc comment without its stars. Lines stay where they were. */
export function docText(comment: string): string {
  return comment
    .split('\n')
    .map((line) => line.replace(/^\s*\*+ ?/, ''))
    .join('\n');
}
