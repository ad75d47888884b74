const NEWLINE = 0x0a

/** The same memory as a `Buffer`. */
export const bufferOf = ({ buffer, byteLength, byteOffset }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength)

/** The bytes of a file, and where its lines are. The bytes must not change. Positions of lines are counted from 0. */
export interface LineIndex {
  readonly content: Buffer
  /** The offset where each line begins. A newline at the end of the file begins one more line, which is empty. */
  readonly starts: Uint32Array
  /** The first byte of each line; a newline for an empty line. */
  readonly first: Uint8Array
  /** What was looked for, and the positions of the lines where it is. */
  readonly found: Map<string, ReadonlyArray<number>>
}

/** Where each line begins, and its first byte. Arrays of numbers: an object for each line would take longer than the search. */
const startsOf = (content: Buffer) => {
  let [starts, first] = [new Uint32Array(1024), new Uint8Array(1024)]
  let lines = 0
  for (let start = 0; ;) {
    if (lines === starts.length) {
      const [old, oldFirst] = [starts, first]
      ;[starts, first] = [new Uint32Array(2 * lines), new Uint8Array(2 * lines)]
      starts.set(old)
      first.set(oldFirst)
    }
    starts[lines] = start
    // Read now, while the processor has this part of the file at hand.
    first[lines++] = content[start] ?? NEWLINE
    const end = content.indexOf(NEWLINE, start)
    if (end < 0) return { starts: starts.subarray(0, lines), first: first.subarray(0, lines) }
    start = end + 1
  }
}

/** The offsets of a text in the content. */
const offsetsOf = (content: Buffer, text: string): ReadonlyArray<number> => {
  const offsets: Array<number> = []
  for (let at = content.indexOf(text); at >= 0; at = content.indexOf(text, at + text.length)) offsets.push(at)
  return offsets
}

/** Characters that mean themselves in JSON. Each of them may also be written as four hex digits. */
export const PLAIN = /^[A-Za-z0-9_.-]*/
const ESCAPE = "\\u00"

/** The offsets where a plain character is written as hex digits: any text may begin there. */
const escapesIn = (content: Buffer): ReadonlyArray<number> =>
  offsetsOf(content, ESCAPE).filter((at) => {
    const code = Number.parseInt(content.toString("latin1", at + ESCAPE.length, at + ESCAPE.length + 2), 16)
    return PLAIN.exec(String.fromCharCode(code))?.[0] !== ""
  })

/** Looks for a text, or for `ESCAPE`. */
const search = (content: Buffer, text: string): ReadonlyArray<number> =>
  text === ESCAPE ? escapesIn(content) : offsetsOf(content, text)

export const indexLines = (content: Uint8Array): LineIndex => {
  const all = bufferOf(content)
  return { content: all, ...startsOf(all), found: new Map() }
}

/** The bytes of a line, without its newline. Beyond the end of the file there are none. */
export const bytesAt = ({ content, starts }: LineIndex, position: number): Buffer =>
  content.subarray(starts[position] ?? content.length, (starts[position + 1] ?? content.length + 1) - 1)

/** The last line that begins at or before this offset. */
const positionAt = (starts: Uint32Array, offset: number): number => {
  let [low, high] = [0, starts.length]
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if ((starts[middle] ?? Infinity) <= offset) low = middle
    else high = middle
  }
  return low
}

const inOrder = (positions: Iterable<number>): ReadonlyArray<number> =>
  [...new Set(positions)].toSorted((a, b) => a - b)

const linesOf = ({ content, found, starts }: LineIndex, text: string): ReadonlyArray<number> => {
  const known = found.get(text)
  if (known !== undefined) return known
  const lines = inOrder(search(content, text).map((at) => positionAt(starts, at)))
  found.set(text, lines)
  return lines
}

/** The positions of the lines that may have this JSON text, in any of its spellings. The search takes long once for each text. */
export const mayHave = (index: LineIndex, text: string): ReadonlyArray<number> =>
  inOrder([...linesOf(index, text), ...linesOf(index, ESCAPE)])

/** With one line replaced by one that has no newline. What was found in the other lines is not looked for again. */
export const replaceLine = (index: LineIndex, position: number, line: Uint8Array): LineIndex => {
  const { content, first, found, starts } = index
  const [start, old] = [starts[position] ?? content.length, bytesAt(index, position)]
  const text = bufferOf(line)
  const foundNow = Array.from(found, ([sought, lines]) => {
    const others = lines.filter((other) => other !== position)
    return [sought, search(text, sought).length > 0 ? inOrder([...others, position]) : others] as const
  })
  return {
    content: Buffer.concat([content.subarray(0, start), text, content.subarray(start + old.length)]),
    starts: starts.map((at, other) => (other > position ? at + text.length - old.length : at)),
    first: first.map((byte, other) => (other === position ? (text[0] ?? NEWLINE) : byte)),
    found: new Map(foundNow)
  }
}

/** Without these lines and their newlines. */
export const removeLines = (index: LineIndex, without: ReadonlySet<number>): LineIndex => {
  const kept = [...index.starts.keys()].filter((position) => !without.has(position))
  return indexLines(
    Buffer.concat(kept.flatMap((position, n) => [Buffer.from(n === 0 ? "" : "\n"), bytesAt(index, position)]))
  )
}
