import { docText, parse, type Parsed, type Source, walk } from './source.js';

/** A fenced block of TypeScript in a document or in a TSDoc comment. */
export interface DocBlock {
  /** `README.md:12`: the file, and the line on which the code begins. */
  readonly name: string;
  readonly line: number;
  readonly code: string;
  /** Set where the fence says `ignore`: the reason it gives, or '' where it gives none. */
  readonly ignored?: string;
  /** What the `text` block after this one says is printed. */
  readonly output?: string;
}

const FENCE = /^([ \t]*)(`{3,})([^\n`]*)\n([\s\S]*?)^[ \t]*\2[ \t]*$/gm;

/** At most so much prose, without a heading, may stand between a block and the block of what it prints. */
const BETWEEN = /^(?!\s*#)[^#]{0,200}$/;

/** The TypeScript blocks of a Markdown document, or of any text that starts at `firstLine` of a file. */
export function blocksIn({ path, text }: Source, firstLine = 1): DocBlock[] {
  const fences = [...text.matchAll(FENCE)];
  return fences.flatMap((found, i) => {
    const [whole, indent, , info, body] = found as unknown as [string, string, string, string, string];
    const [language, ...rest] = info.trim().split(/\s+/);
    if (language !== 'ts' && language !== 'typescript') return [];
    const line = firstLine + text.slice(0, found.index).split('\n').length;
    const next = fences[i + 1];
    const between = text.slice(found.index + whole.length, next?.index);
    const isOutput = next?.[3]?.trim() === 'text' && BETWEEN.test(between);
    const dedent = (block: string) => block.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
    return {
      name: `${path}:${line}`,
      line,
      code: dedent(body),
      ...(rest[0] === 'ignore' && { ignored: rest.slice(1).join(' ') }),
      ...(isOutput && { output: dedent(next[4]!).trimEnd() }),
    };
  });
}

/** The TypeScript blocks in the TSDoc comments of a source file. */
export function exampleBlocks(file: Parsed): DocBlock[] {
  return file.comments
    .filter((comment) => comment.text.startsWith('*'))
    .flatMap((comment) => blocksIn({ path: file.path, text: docText(comment.text) }, file.lineOf(comment.start)));
}

/** A `console.log(…)` with a comment at the end of its line that says what it prints. */
export interface Claim {
  /** Where the call begins in the code. */
  readonly start: number;
  /** What it prints; where it is called more than once, joined with `, then `. */
  readonly expected: string;
}

/** The claims of a block, in order. */
export function claimsIn({ name, code }: DocBlock): Claim[] {
  const file = parse({ path: `${name}.ts`, text: code });
  const calls = [...walk(file.root)].filter(
    (node) => node.type === 'CallExpression' && code.startsWith('console.log(', node.start),
  );
  return file.comments.flatMap((comment) => {
    const call = calls.findLast((node) => node.end <= comment.start);
    if (call === undefined || !code.startsWith('//', comment.start)) return [];
    const isAtEnd = /^[ \t;,)}\]]*$/.test(code.slice(call.end, comment.start));
    return isAtEnd ? [{ start: call.start, expected: comment.text.trim() }] : [];
  });
}

/** True when the block says what it prints, so that it is run. */
export function isRun(block: DocBlock): boolean {
  return block.ignored === undefined && (block.output !== undefined || claimsIn(block).length > 0);
}

/** The code of a block, made to report to `globalThis.docs[at]` what it prints and which claim that belongs to. */
export function instrumented(block: DocBlock, at: number): string {
  let code = block.code;
  for (const [i, { start }] of [...claimsIn(block).entries()].toReversed())
    code = `${code.slice(0, start)}docs.claim(${i})${code.slice(start + 'console.log'.length)}`;
  return `const docs = globalThis.docs[${at}], console = docs.console; ${code}\nexport {};\n`;
}
