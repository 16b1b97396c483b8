import { compareEdges, type Edge, type Interval } from '../codecs/range.js';

/** An interval in a tree, with whoever watches it. */
export interface Watch<O> {
  readonly interval: Interval;
  readonly owner: O;
}

interface Node<O> extends Watch<O> {
  readonly priority: number;
  left: Node<O> | undefined;
  right: Node<O> | undefined;
  /** The furthest end of any interval below here. */
  furthest: Edge;
}

/**
 * Intervals of an index, searched by the keys that fall into them: a treap ordered by where intervals begin, each node
 * knowing how far those below it reach. Adding, removing and asking take time in the logarithm of the intervals, and
 * of what is found. (Cormen et al., Introduction to Algorithms, 'Interval trees'; Seidel and Aragon, 'Randomized
 * search trees', 1996.)
 */
export class IntervalTree<O> {
  #root: Node<O> | undefined;
  #size = 0;
  #seed = 0x9e3779b9;

  get size(): number {
    return this.#size;
  }

  add(interval: Interval, owner: O): Watch<O> {
    const priority = this.#nextPriority();
    const node: Node<O> = { interval, owner, priority, left: undefined, right: undefined, furthest: interval.high };
    const [left, right] = split(this.#root, node);
    this.#root = join(join(left, node), right);
    this.#size++;
    return node;
  }

  /** Removes an interval that `add` gave. */
  remove(watch: Watch<O>): void {
    const node = watch as Node<O>;
    this.#root = without(this.#root, node);
    this.#size--;
  }

  /** Calls for every interval in which a key falls. */
  at(key: Edge, found: (owner: O) => void): void {
    visit(this.#root, key, found);
  }

  // Any sequence will do that does not follow the keys; the same one each time keeps runs alike. (xorshift32)
  #nextPriority(): number {
    this.#seed ^= this.#seed << 13;
    this.#seed ^= this.#seed >>> 17;
    this.#seed ^= this.#seed << 5;
    return this.#seed >>> 0;
  }
}

function visit<O>(node: Node<O> | undefined, key: Edge, found: (owner: O) => void): void {
  if (node === undefined || compareEdges(node.furthest, key) < 0) return;
  visit(node.left, key, found);
  if (compareEdges(node.interval.low, key) > 0) return;
  if (compareEdges(node.interval.high, key) >= 0) found(node.owner);
  visit(node.right, key, found);
}

function isBefore<O>(a: Node<O>, b: Node<O>): boolean {
  const order = compareEdges(a.interval.low, b.interval.low);
  return order === 0 ? a.priority < b.priority : order < 0;
}

/** The nodes before a node and those after. */
function split<O>(root: Node<O> | undefined, node: Node<O>): [Node<O> | undefined, Node<O> | undefined] {
  if (root === undefined) return [undefined, undefined];
  if (isBefore(root, node)) {
    const [left, right] = split(root.right, node);
    root.right = left;
    return [measured(root), right];
  }
  const [left, right] = split(root.left, node);
  root.left = right;
  return [left, measured(root)];
}

/** One tree of two, all of the first before all of the second. */
function join<O>(a: Node<O> | undefined, b: Node<O> | undefined): Node<O> | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.priority > b.priority) {
    a.right = join(a.right, b);
    return measured(a);
  }
  b.left = join(a, b.left);
  return measured(b);
}

function without<O>(root: Node<O> | undefined, node: Node<O>): Node<O> | undefined {
  if (root === undefined) return undefined;
  if (root === node) return join(root.left, root.right);
  if (isBefore(node, root)) root.left = without(root.left, node);
  else root.right = without(root.right, node);
  return measured(root);
}

function measured<O>(node: Node<O>): Node<O> {
  let { high: furthest } = node.interval;
  if (node.left !== undefined && compareEdges(node.left.furthest, furthest) > 0) furthest = node.left.furthest;
  if (node.right !== undefined && compareEdges(node.right.furthest, furthest) > 0) furthest = node.right.furthest;
  node.furthest = furthest;
  return node;
}
