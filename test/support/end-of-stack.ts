/**
 * Calls a function at the depth at which the stack ends, and at each of so many depths above that, outwards. What it
 * throws is caught.
 *
 * @param depths at how many depths; frames are some hundred bytes each
 */
export function atEndOfStack(depths: number, act: () => void): void {
  let left = depths;
  const down = (): void => {
    try {
      down();
    } catch {
      // Here it ends; what is above goes on.
    }
    if (left === 0) return;
    left--;
    try {
      act();
    } catch {
      // A caller who does not let the error pass.
    }
  };
  down();
}
