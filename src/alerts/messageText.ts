import { localZone } from "../domain/localZone.ts"
import { oneLine } from "../domain/Text.ts"
import { agoInWords, inWords, timeOf, type Zone } from "../domain/times.ts"
import type { Level, Message, Outgoing } from "../domain/Message.ts"

/** Of a line. What is longer is cut. */
const WIDEST = 500
/** Milliseconds. What began so lately needs no time. */
const NEW = 60_000

const MARKS: Readonly<Record<Level, string>> = { bad: "🔴", warning: "🟡", good: "🟢", info: "📋" }

const whereOf = ({ host, repository }: Message): string => `${host}/${repository}`

/** Since when, or how long it lasted. */
const sinceOf = ({ at, change, since }: Message, zone: Zone): string => {
  if (since === undefined) return ""
  if (at - since < NEW) return ""
  if (change === "recovered") return ` (lasted ${inWords(at - since)})`
  return ` (since ${timeOf(since, { now: at, zone })}, ${agoInWords(since, at)})`
}

const PREFIX: Readonly<Partial<Record<Message["change"], string>>> = { repeated: "still: ", recovered: "recovered: " }

/** The first line: where, what, since when. It reads well as a push notification. */
export const headlineOf = (message: Message, zone: Zone = localZone): string =>
  oneLine(
    `${MARKS[message.level]} ${whereOf(message)}: ${PREFIX[message.change] ?? ""}${message.what}${sinceOf(message, zone)}`,
    WIDEST
  )

export const REPEAT = "This message may have arrived before."

/**
 * The lines of a message below its headline: what follows, more lines, the commands to paste, and whether it may be a repeat.
 * Each is one line.
 */
export const linesBelow = ({ mayBeRepeat, message }: Outgoing) => ({
  follows: message.follows === undefined ? [] : [oneLine(message.follows, WIDEST)],
  lines: message.lines.map((line) => oneLine(line, WIDEST)),
  commands: message.commands.map((command) => oneLine(command, WIDEST)),
  note: mayBeRepeat ? [REPEAT] : []
})

/**
 * A message as plain text.
 *
 * @example
 * textOf({ message, mayBeRepeat: false }) // "🟡 vm-1/shop: no provider works (since 02:00, 4 h ago)\n→ nightly-dispatch preflight"
 */
export const textOf = (outgoing: Outgoing, zone: Zone = localZone): string => {
  const { commands, follows, lines, note } = linesBelow(outgoing)
  const all = [
    headlineOf(outgoing.message, zone),
    ...follows,
    ...lines,
    ...commands.map((each) => `→ ${each}`),
    ...note
  ]
  return all.join("\n")
}
