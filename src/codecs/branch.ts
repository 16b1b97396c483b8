/** A value of a union and the branch it was written in, for what reads rows of one shape as those of another. */
export class Branch {
  constructor(
    readonly index: number,
    readonly value: unknown,
  ) {}
}
