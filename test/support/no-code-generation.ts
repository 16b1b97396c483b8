/**
 * Set-up of the `csp` project: proves in every worker that the tests that follow really run where strings cannot
 * become code, as on a page with a strict Content Security Policy.
 */
// oxlint-disable-next-line no-eval, typescript/no-implied-eval -- that they fail is the point
for (const compile of [() => new Function('return 1'), () => (0, eval)('1')]) {
  let refused = false;
  try {
    compile();
  } catch (error) {
    refused = error instanceof EvalError;
  }
  if (!refused)
    throw new Error('code generation from strings works here: --disallow-code-generation-from-strings is missing');
}
