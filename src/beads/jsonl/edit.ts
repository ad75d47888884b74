import { createScanner } from "jsonc-parser"

/** A member of a JSON object: where `"name": value` stands in the text. */
interface Member {
  readonly name: string
  readonly start: number
  readonly nameEnd: number
  end: number
}

/** The members of the JSON object in `text`, in order. Scans tokens: a parser would fail on very deep nesting. */
const membersOf = (text: string): ReadonlyArray<Member> => {
  const scanner = createScanner(text, true)
  const members: Array<Member> = []
  let member: Member | undefined
  let depth = 0
  for (scanner.scan(); scanner.getTokenLength() > 0; scanner.scan()) {
    const start = scanner.getTokenOffset()
    const end = start + scanner.getTokenLength()
    const first = text[start]
    if (first === "}" || first === "]") depth--
    if (depth === 0 || (depth === 1 && first === ",")) member = undefined
    else if (member === undefined) members.push((member = { name: scanner.getTokenValue(), start, nameEnd: end, end }))
    else member.end = end
    if (first === "{" || first === "[") depth++
  }
  return members
}

/** New JSON texts by member name; `undefined` removes the member. */
export type Edits = Readonly<Record<string, string | undefined>>

/**
 * Edits the JSON object in `text`. Other members keep their text, order and number spelling; only white space between
 * members is dropped. New members come last.
 *
 * @example
 * editObject('{"id":"bd-1","n":1.0}', { status: '"open"' }) // {"id":"bd-1","n":1.0,"status":"open"}
 */
export const editObject = (text: string, edits: Edits): string => {
  const members = membersOf(text)
  const edited = (name: string) => (edits[name] === undefined ? [] : [`${JSON.stringify(name)}:${edits[name]}`])
  const kept = members.flatMap(({ name, start, end }) =>
    Object.hasOwn(edits, name) ? edited(name) : [text.slice(start, end)]
  )
  const names = new Set(members.map((member) => member.name))
  const added = Object.keys(edits).flatMap((name) => (names.has(name) ? [] : edited(name)))
  return `${text.slice(0, text.indexOf("{") + 1)}${[...kept, ...added].join(",")}${text.slice(text.lastIndexOf("}"))}`
}

/** The JSON text of a member's value; `undefined` if the object has no such member. */
export const memberText = (text: string, name: string): string | undefined => {
  const member = membersOf(text).findLast((member) => member.name === name)
  return member && text.slice(member.nameEnd, member.end).replace(/^\s*:\s*/, "")
}

/** Appends to the JSON text of an array. If the text is not an array, returns an array with only this element. */
export const appendElement = (array: string | undefined, element: string): string => {
  const elements = array?.startsWith("[") === true ? array.slice(1, -1).trim() : ""
  return elements === "" ? `[${element}]` : `[${elements},${element}]`
}
