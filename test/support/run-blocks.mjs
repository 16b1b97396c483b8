// Runs instrumented blocks one after the other, as plain Node would with TypeScript, and writes what each printed.
// Arguments: the file to write to, then the files to run. A block that has not ended when it was loaded gets a moment.
import { writeFileSync } from 'node:fs';
import { format } from 'node:util';

const [results, ...files] = process.argv.slice(2);
const reports = files.map(() => ({ lines: [], claims: {}, error: undefined }));
globalThis.docs = reports.map(({ lines, claims }) => {
  const print = (...values) => lines.push(format(...values));
  return {
    console: { ...console, log: print },
    claim:
      (i) =>
      (...values) =>
        (claims[i] ??= []).push((print(...values), lines.at(-1))),
  };
});
for (const [i, file] of files.entries()) {
  try {
    await import(file);
    await new Promise((resolve) => setTimeout(resolve, 5));
  } catch (error) {
    reports[i].error = String(error?.stack ?? error);
  }
}
writeFileSync(results, JSON.stringify(reports));
process.exit(0);
