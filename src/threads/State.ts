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
  /** How many words of the log only entries without a text of somebody's own may use: there is always room for them. */
  readonly reserve: number
}

/** Where the first entry is linked. */
export const logStart = 0

/** How many letters an entry takes beside a detail or a reason: names, and numbers of up to 24 digits. */
const entryLetters = ({ budget, condition, idle }: Names): number =>
  320 + 24 * (budget.length + idle.length) + 6 * condition.join().length

/** How many words of 32 bits a cache line has. */
const line = 16

const heapTop = line
const pollsAt = 2 * line
const directPollsAt = 3 * line
const amountsAt = 4 * line

/** The words before the log. */
const wordsBefore = ({ budget, idle }: Names): number => amountsAt + line * (budget.length + idle.length)

/** Memory for so many entries, and so many letters of details and reasons. */
export const newState = (
  names: Names,
  { entries, letters, wide }: { readonly entries: number; readonly letters: number; readonly wide: boolean },
  bell: SharedArrayBuffer = new SharedArrayBuffer(4),
): StateHandle => {
  const reserve = entries * Math.ceil(2 + entryLetters(names) / 2)
  const words = wordsBefore(names) + reserve + Math.ceil(letters / 2)
  const memory = new SharedArrayBuffer(8 * Math.ceil(words / 2))
  new Int32Array(memory)[heapTop] = wordsBefore(names)
  return { memory, bell, names, wide, reserve }
}

export class State {
  readonly handle: StateHandle
  readonly words: Int32Array<SharedArrayBuffer>
  readonly bell: Int32Array<SharedArrayBuffer>
  /** The same memory as numbers of 64 bits. */
  private readonly longs: BigInt64Array<SharedArrayBuffer>

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
      spent: budget.map((_, place) => asNumber(Atomics.load(this.longs, this.amountAt(place)))),
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
  // the log: an entry is its link, its length, and its text in JSON
  // -----------------------------------------------------------------------------------

  /** Publishes an entry behind the one whose link stands at `last`, unless another thread has been faster; `null` if there is no room for it. */
  append(last: number, entry: Entry): boolean | null {
    const text = jsonText(entry as unknown as Json) // sound: an entry is plain data, numbers of it are finite
    const size = 2 + Math.ceil(text.length / 2)
    const at = this.allocate(size, hasOwnText(entry) ? this.handle.reserve : 0)
    if (at === null) return null
    const end = at + size
    this.words[at + 1] = text.length
    const letters = new Uint16Array(this.handle.memory, 4 * (at + 2), text.length)
    for (let index = 0; index < text.length; index++) letters[index] = text.charCodeAt(index)
    if (Atomics.compareExchange(this.words, last, 0, at) !== 0) {
      Atomics.compareExchange(this.words, heapTop, end, at) // given back, unless somebody has allocated since
      return false
    }
    this.ring()
    return true
  }

  ring(): void {
    Atomics.add(this.bell, 0, 1)
    Atomics.notify(this.bell, 0)
  }

  /** The entry that stands there. */
  entry(at: number): Entry {
    const letters = new Uint16Array(this.handle.memory, 4 * (at + 2), this.words[at + 1])
    let text = ''
    for (let from = 0; from < letters.length; from += 4096)
      text += String.fromCharCode(...letters.subarray(from, from + 4096))
    return JSON.parse(text) as Entry // sound: only `append` writes here
  }

  private allocate(size: number, reserve: number): number | null {
    for (;;) {
      const at = Atomics.load(this.words, heapTop)
      if (at + size > this.words.length - reserve) return null
      if (Atomics.compareExchange(this.words, heapTop, at, at + size) === at) return at
    }
  }
}

const hasOwnText = ({ happening }: Entry): boolean =>
  happening._tag === 'Decided' || (happening._tag === 'Requested' && happening.detail !== undefined)

const asBits = (value: number): bigint => new BigInt64Array(new Float64Array([value]).buffer)[0]!

const asNumber = (bits: bigint): number => new Float64Array(new BigInt64Array([bits]).buffer)[0]!
