/** A member of the object in a line: its name, and where `"name": value` stands. */
interface Member {
  readonly name: string
  readonly start: number
  readonly valueStart: number
  readonly end: number
}

const stringEnd = (text: string, start: number): number => {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1
  return at + 1
}

/** Where the value that starts here ends: behind it, or at what follows a bare one. */
const valueEnd = (text: string, start: number): number => {
  let depth = 0
  for (let at = start; at < text.length;) {
    const char = text[at]
    if (char === '"') {
      at = stringEnd(text, at)
      if (depth === 0) return at
      continue
    }
    if (char === "{" || char === "[") depth++
    else if (char === "}" || char === "]") {
      if (depth === 0) return at
      if (--depth === 0) return at + 1
    } else if (char === "," && depth === 0) return at
    at++
  }
  return text.length
}

const skip = (text: string, from: number, chars: string): number => {
  let at = from
  while (at < text.length && chars.includes(text[at] ?? "")) at++
  return at
}

const SPACE = " \t\r\n"

const membersOf = (text: string): ReadonlyArray<Member> => {
  const members: Array<Member> = []
  let start = skip(text, text.indexOf("{") + 1, SPACE)
  while (text[start] === '"') {
    const nameEnd = stringEnd(text, start)
    const valueStart = skip(text, nameEnd, `${SPACE}:`)
    const end = valueEnd(text, valueStart)
    members.push({ name: String(JSON.parse(text.slice(start, nameEnd))), start, valueStart, end })
    start = skip(text, end, `${SPACE},`)
  }
  return members
}

/** What becomes of an object's members: new JSON values by name; `undefined` takes the member away. */
export type Edits = Readonly<Record<string, string | undefined>>

/**
 * Changes some members of the JSON object in `text` and leaves every other one as it is written, whatever it holds:
 * a number too long for us, an escape, a name we do not know. `text` must hold a JSON object.
 *
 * @example
 * editObject('{"id":"bd-1","n":1.0}', { status: '"open"' }) // {"id":"bd-1","n":1.0,"status":"open"}
 */
export const editObject = (text: string, edits: Edits): string => {
  const members = membersOf(text)
  const kept = members.flatMap(({ name, start, end }) => {
    if (!Object.hasOwn(edits, name)) return [text.slice(start, end).trimEnd()]
    const value = edits[name]
    return value === undefined ? [] : [`${JSON.stringify(name)}:${value}`]
  })
  const names = new Set(members.map((member) => member.name))
  const added = Object.entries(edits).flatMap(([name, value]) =>
    value === undefined || names.has(name) ? [] : [`${JSON.stringify(name)}:${value}`]
  )
  const open = text.indexOf("{")
  const close = text.lastIndexOf("}")
  return `${text.slice(0, open + 1)}${[...kept, ...added].join(",")}${text.slice(close)}`
}

/** The JSON text of one member's value, as it is written; nothing when the object has no such member. */
export const memberText = (text: string, name: string): string | undefined => {
  const member = membersOf(text).findLast((member) => member.name === name)
  return member === undefined ? undefined : text.slice(member.valueStart, member.end).trim()
}

/** The JSON text of an array with one more element at its end; of an array of this alone when it is none. */
export const appendElement = (array: string | undefined, element: string): string => {
  if (array === undefined || !array.startsWith("[")) return `[${element}]`
  const inside = array.slice(1, -1).trim()
  return inside === "" ? `[${element}]` : `[${inside},${element}]`
}
