import type { History, Question, Statement } from './history.js';
import { forms } from './schema.js';

/** Counts what histories have done, and notes what was found by them, so that a test which tests nothing is seen. */
export class Tally {
  histories = 0;
  operations = 0;
  readonly #seen = new Set<string>();

  /** Notes a history and its answers. */
  add({ steps }: History, answers: readonly unknown[]): void {
    this.histories++;
    if (answers.length < steps.length) return; // go-memdb panicked
    for (const [i, step] of steps.entries()) {
      const answer = answers[i];
      this.operations++;
      if (step.do === 'ask') this.#ask(step.question, answer);
      else if (step.do !== 'transact')
        this.#see(step.do, step.do === 'hold' || step.do === 'release' || isSome(answer));
      else {
        this.#see(step.end, true);
        const within = (answer as { readonly answers: readonly unknown[] }).answers;
        for (const [j, statement] of step.statements.entries()) this.#statement(statement, within[j]);
      }
    }
  }

  /** What no history has done, or only in vain. */
  missing(): string[] {
    const wanted = 'insert put update delete deleteRange commit abort dry hold release dump step diff history'.split(
      ' ',
    );
    wanted.push('UniqueViolation', 'MissingValue', 'RowNotFound', 'KeyChanged');
    for (const table of ['stock', 'own'] as const) {
      for (const { name, longest } of forms[table]) {
        wanted.push(`${table}.${name}`);
        if (longest) wanted.push(`longestPrefix ${table}.${name}`);
      }
    }
    return wanted.filter((what) => !this.#seen.has(what));
  }

  #statement(made: Statement, answer: unknown): void {
    this.operations++;
    const refused = (answer as { readonly refused?: string } | null)?.refused;
    if (refused !== undefined) this.#see(refused, true);
    else if (made.do === 'ask') this.#ask(made.question, answer);
    else this.#see(made.do, isSome(answer));
  }

  #ask({ ask, table, index }: Question, answer: unknown): void {
    this.#see(`${table}.${index}`, isSome(answer));
    this.#see(`${ask} ${table}.${index}`, isSome(answer));
  }

  #see(what: string, found: boolean): void {
    if (found) this.#seen.add(what);
  }
}

/** True for what is neither nothing nor an empty list. */
function isSome(answer: unknown): boolean {
  return Array.isArray(answer) ? answer.length > 0 : Boolean(answer);
}
