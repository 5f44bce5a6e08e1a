/**
 * The state that the threads of a shared scope have in common: measures that each changes by atomic operations, and a log.
 *
 * The log is a list that only grows: an entry is written where nobody looks yet, and then published by one compare-and-exchange of the link of the
 * last entry. A thread that is ended in the middle leaves an entry that nobody sees, and stands in nobody's way.
 *
 * Each word that is written often has a cache line of its own.
 */
import { jsonText } from '../internal/jsonText.js'
import type { Json } from '../internal/jsonText.js'
import type { Entry, Measures, Names } from './epoch.js'

/** What is sent to other threads of a state. */
export interface StateHandle {
  readonly memory: SharedArrayBuffer
  /** Changes, and wakes who sleeps on it, after each entry; one for a scope and those it was shared with. */
  readonly bell: SharedArrayBuffer
  readonly names: Names
  /** Whether polls are counted in 64 bits. */
  readonly wide: boolean
  /** How many words an entry takes, unless a detail or a reason is long. */
  readonly usual: number
  /** How many words of the log only entries of the usual length may use: there is always room for them. */
  readonly reserve: number
}

/** Where the first entry is linked. */
export const logStart = 0

/** Names, a label, and numbers of up to 24 digits; a letter may take six, for what JSON escapes, and two make a word. */
const blockWords = ({ budget, condition, idle, manual }: Names, label: number): number =>
  240 +
  3 * label +
  12 * (budget.length + idle.length) +
  3 * (condition.join().length + longest(budget) + longest(manual))

const longest = (names: ReadonlyArray<string>): number =>
  names.reduce((length, name) => Math.max(length, name.length), 0)

/** How many threads may be in the middle of an entry without taking the room of others. */
const threads = 64

/** How many words of an entry stand before its text. */
const headWords = 3

/** How many words of 32 bits a cache line has. */
const line = 16

const heapTop = line
const pollsAt = 2 * line
const directPollsAt = 3 * line
const spendersAt = 4 * line
/** Blocks of the usual size that were allocated in vain, for whoever needs one next. */
const freeAt = 5 * line
const freeSlots = 4 * line
const amountsAt = freeAt + freeSlots

/** The words before the log. */
const wordsBefore = ({ budget, idle }: Names): number => amountsAt + line * (budget.length + idle.length)

/** How many entries there may be, and how many letters of details and reasons, and of the label that a cancel takes. */
export interface Size {
  readonly entries: number
  readonly letters: number
  readonly label: number
  readonly wide: boolean
}

/** Memory for a state. */
export const newState = (
  names: Names,
  { entries, letters, label, wide }: Size,
  bell: SharedArrayBuffer = new SharedArrayBuffer(4),
): StateHandle => {
  const usual = blockWords(names, label)
  const reserve = (entries + threads) * usual
  // once more for what an entry holds beside its detail or reason
  const words = wordsBefore(names) + reserve + usual + Math.ceil(letters / 2)
  const memory = new SharedArrayBuffer(8 * Math.ceil(words / 2))
  new Int32Array(memory)[heapTop] = wordsBefore(names)
  return { memory, bell, names, wide, usual, reserve }
}

export class State {
  readonly handle: StateHandle
  readonly words: Int32Array<SharedArrayBuffer>
  readonly bell: Int32Array<SharedArrayBuffer>
  /** The same memory as numbers of 64 bits. */
  private readonly longs: BigInt64Array<SharedArrayBuffer>
  /** A longer block that was allocated in vain, for the next attempt. */
  private spare: Block | null = null

  constructor(handle: StateHandle) {
    this.handle = handle
    this.words = new Int32Array(handle.memory)
    this.longs = new BigInt64Array(handle.memory)
    this.bell = new Int32Array(handle.bell)
  }

  // -----------------------------------------------------------------------------------
  // measures
  // -----------------------------------------------------------------------------------

  /** Counts a poll; the answer is how many there were before it. */
  count(direct: boolean): number {
    const place = direct ? directPollsAt : pollsAt
    return this.handle.wide ? Number(Atomics.add(this.longs, place / 2, 1n)) : Atomics.add(this.words, place, 1)
  }

  polls(direct: boolean): number {
    const place = direct ? directPollsAt : pollsAt
    return this.handle.wide ? Number(Atomics.load(this.longs, place / 2)) : Atomics.load(this.words, place)
  }

  /** Spends on the budget at that place; the answer is what was spent on it in all. */
  spend(place: number, amount: number): number {
    return this.exchange(this.amountAt(place), (spent) => Math.min(spent + amount, Number.MAX_VALUE))
  }

  spent(place: number): number {
    return asNumber(Atomics.load(this.longs, this.amountAt(place)))
  }

  /** Says that an amount is being spent, and that all has been done about it: a thread that is ended in between says so for good. */
  beginSpending(): void {
    Atomics.add(this.words, spendersAt, 1)
  }

  endSpending(): void {
    Atomics.sub(this.words, spendersAt, 1)
  }

  /** Some thread is spending, or has been ended in the middle of it. */
  get isSpending(): boolean {
    return Atomics.load(this.words, spendersAt) !== 0
  }

  /** Marks the latest beat of the idle at that place. */
  beat(place: number, instant: number): void {
    this.exchange(this.amountAt(this.handle.names.budget.length + place), (last) => Math.max(last, instant))
  }

  measures(instant: number): Measures {
    const { budget, idle } = this.handle.names
    return {
      instant,
      polls: this.polls(false),
      directPolls: this.polls(true),
      spent: budget.map((_, place) => this.spent(place)),
      beats: idle.map((_, place) => asNumber(Atomics.load(this.longs, this.amountAt(budget.length + place)))),
    }
  }

  private amountAt(place: number): number {
    return (amountsAt + line * place) / 2
  }

  private exchange(at: number, f: (value: number) => number): number {
    let old = Atomics.load(this.longs, at)
    for (;;) {
      const value = f(asNumber(old))
      const found = Atomics.compareExchange(this.longs, at, old, asBits(value))
      if (found === old) return value
      old = found
    }
  }

  // -----------------------------------------------------------------------------------
  // the log: an entry is its link, its length, whether it decides, and its text in JSON
  // -----------------------------------------------------------------------------------

  /** Whether an entry takes no more than is always kept for one. */
  isUsual(entry: Entry): boolean {
    return wordsOf(textOf(entry)) <= this.handle.usual
  }

  /** Publishes an entry behind the one whose link stands at `last`, unless another thread has been faster; `null` if there is no room for it. `decides`: the scope has then fired, for all who do not ask why. */
  append(last: number, entry: Entry, decides: boolean): boolean | null {
    const text = textOf(entry)
    const block = this.allocate(wordsOf(text))
    if (block === null) return null
    const { at } = block
    this.words[at + 1] = text.length
    this.words[at + 2] = decides ? 1 : 0
    const letters = new Uint16Array(this.handle.memory, 4 * (at + headWords), text.length)
    for (let index = 0; index < text.length; index++) letters[index] = text.charCodeAt(index)
    if (Atomics.compareExchange(this.words, last, 0, at) !== 0) {
      this.giveBack(block)
      return false
    }
    this.ring()
    return true
  }

  ring(): void {
    Atomics.add(this.bell, 0, 1)
    Atomics.notify(this.bell, 0)
  }

  /** Whether the entry that stands there is known to decide. */
  decides(at: number): boolean {
    return this.words[at + 2] === 1
  }

  /** The entry that stands there. */
  entry(at: number): Entry {
    const letters = new Uint16Array(this.handle.memory, 4 * (at + headWords), this.words[at + 1])
    let text = ''
    for (let from = 0; from < letters.length; from += 4096)
      text += String.fromCharCode(...letters.slice(from, from + 4096))
    return JSON.parse(text) as Entry // sound: only `append` writes here
  }

  private giveBack(block: Block): void {
    if (block.size > this.handle.usual) this.spare = block
    else
      for (let slot = freeAt; slot < amountsAt; slot++)
        if (Atomics.compareExchange(this.words, slot, 0, block.at) === 0) return
  }

  private allocate(needed: number): Block | null {
    const { usual } = this.handle
    if (needed <= usual)
      for (let slot = freeAt; slot < amountsAt; slot++) {
        const at = Atomics.load(this.words, slot) === 0 ? 0 : Atomics.exchange(this.words, slot, 0)
        if (at !== 0) return { at, size: usual }
      }
    else {
      const { spare } = this
      this.spare = null
      if (spare !== null && spare.size >= needed) return spare
    }
    const size = Math.max(needed, usual)
    const end = this.words.length - (size > usual ? this.handle.reserve : 0)
    for (;;) {
      const at = Atomics.load(this.words, heapTop)
      if (at + size > end) return null
      if (Atomics.compareExchange(this.words, heapTop, at, at + size) === at) return { at, size }
    }
  }
}

const wordsOf = (text: string): number => headWords + Math.ceil(text.length / 2)

/** Memory that this thread may write an entry into. */
interface Block {
  readonly at: number
  readonly size: number
}

/** Only a reason of others may be nested deeper than the call stack is tall, or tell of an amount beyond all numbers. */
const textOf = (entry: Entry): string =>
  entry.happening._tag === 'Decided' && entry.happening.reason._tag !== 'Requested'
    ? jsonText(entry as unknown as Json) // sound: an entry is plain data
    : JSON.stringify(entry)

const asBits = (value: number): bigint => new BigInt64Array(new Float64Array([value]).buffer)[0]!

const asNumber = (bits: bigint): number => new Float64Array(new BigInt64Array([bits]).buffer)[0]!
