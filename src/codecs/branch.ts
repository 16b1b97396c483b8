/** A value of a union with the branch it was written in: what reads rows of one shape as those of another has to know. */
export class Branch {
  constructor(
    readonly index: number,
    readonly value: unknown,
  ) {}
}
