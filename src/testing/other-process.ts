import type { Entry } from '../fsm.js';

/** Where another process finds the machine that is checked: at another time, in another time zone and language. */
export interface OtherProcess {
  /** The module that exports what makes it, as an absolute path or a `file:` URL. */
  readonly module: string | URL;
  /** Its name in that module; `create` unless told. */
  readonly name?: string;
  /** Options for Node, for a module that is no plain JavaScript, say. */
  readonly execArgv?: readonly string[];
}

/**
 * What the other process does: it reads entries, and writes answers and state hashes. Its clocks are set ahead before
 * anything else is loaded, which may take functions from globals.
 */
const SCRIPT = `
  const [anotherTime, module, name] = process.argv.slice(1);
  const { goToAnotherTime } = await import(anotherTime);
  goToAnotherTime();
  const { [name]: create } = await import(module);
  let text = '';
  for await (const piece of process.stdin) text += piece;
  const machine = create();
  const [answers, hashes] = [[], []];
  for (const [index, term, data] of JSON.parse(text)) {
    answers.push(machine.apply({ index, term, data: new Uint8Array(Buffer.from(data, 'base64')) }));
    hashes.push(machine.stateHash());
  }
  process.stdout.write(JSON.stringify({ answers, hashes }));
`;

/** The module beside this one, as it is here: TypeScript or JavaScript. */
const ANOTHER_TIME = import.meta.url.replace('other-process', 'another-time');
/** One in which a number, the order of letters and even the small letter of I are not what they are in most. */
const LANGUAGE = 'tr_TR.UTF-8';

/** Applies entries in a process of their own, and tells what came of each. @throws (rejects) where it fails */
export async function replayed(
  entries: readonly Entry[],
  { module, name = 'create', execArgv = [] }: OtherProcess,
): Promise<{ readonly answers: readonly unknown[]; readonly hashes: readonly string[] }> {
  const { execFile } = await import('node:child_process');
  const { pathToFileURL } = await import('node:url');
  const url = module instanceof URL || module.startsWith('file:') ? String(module) : pathToFileURL(module).href;
  const given = JSON.stringify(
    entries.map(({ index, term, data }) => [index, term, Buffer.from(data).toString('base64')]),
  );
  const output = await new Promise<string>((resolve, reject) => {
    const args = [...execArgv, '--input-type=module', '--eval', SCRIPT, ANOTHER_TIME, url, name];
    const options = { maxBuffer: 2 ** 28, env: { ...process.env, LC_ALL: LANGUAGE } };
    const child = execFile(process.execPath, args, options, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(error);
    });
    child.stdin!.end(given);
  });
  return JSON.parse(output) as { answers: unknown[]; hashes: string[] };
}
