import { Array as Arr } from "effect"
import { localZone } from "../domain/localZone.ts"
import { oneLine, visible, wellFormed } from "../domain/Text.ts"
import { agoInWords, inWords, timeOf, whenOf, type Zone } from "../domain/times.ts"
import type { Level, Message, Outgoing } from "../domain/Message.ts"

/** Characters of one text, and of a name. What is longer is cut. */
const WIDEST = 500
/** Milliseconds. What began so lately needs no time. */
const NEW = 60_000
const NAME_LENGTH = 100
/** How many lines are shown, and their characters together. */
const MOST_LINES = 40
const LINES_LENGTH = 4000
/** How many commands are shown, and their characters together. */
const MOST_COMMANDS = 10
const COMMANDS_LENGTH = 2000
/** A message that is sent later than this after it was made says so. Milliseconds. */
const LATE = 10 * 60_000

const line = (text: string, widest = WIDEST): string => wellFormed(oneLine(text, widest))

/** The first texts that together have at most `room` characters. */
const within = (texts: ReadonlyArray<string>, room: number): ReadonlyArray<string> => {
  let left = room
  return Arr.takeWhile(texts, ({ length }) => (left -= length) >= 0)
}

const fewer = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  const shown = within(
    lines.slice(0, MOST_LINES).map((each) => line(each)),
    LINES_LENGTH
  )
  const left = lines.length - shown.length
  return left === 0 ? shown : [...shown, `… and ${left} more`]
}

/** Whether a person can paste it into a shell as it is. A command that is cut, or that hides a part, must not be pasted. */
const isPasteable = (command: string): boolean =>
  command.length <= COMMANDS_LENGTH &&
  command.trim() !== "" &&
  !command.includes("\t") &&
  visible(command) === command &&
  wellFormed(command) === command

/**
 * The part of a message that is shown: each text is one line, none is too long for any channel, and a command that cannot be
 * pasted is left out.
 *
 * @example
 * shownOf({ ...message, what: "no provider\nworks" }).what // "no provider works"
 */
export const shownOf = ({ beads, follows, ...message }: Message): Message => ({
  ...message,
  host: line(message.host, NAME_LENGTH),
  repository: line(message.repository, NAME_LENGTH),
  ...(beads === undefined ? {} : { beads: line(beads, NAME_LENGTH) }),
  what: line(message.what) || message.kind,
  ...(follows === undefined ? {} : { follows: line(follows) }),
  lines: fewer(message.lines),
  commands: within(message.commands.slice(0, MOST_COMMANDS).filter(isPasteable), COMMANDS_LENGTH)
})

export const MARKS: Readonly<Record<Level, string>> = { bad: "🔴", warning: "🟡", good: "🟢", info: "📋" }

/** When a message is read: the zone of its times, and when it is sent (milliseconds since the epoch). */
export interface Reading {
  readonly zone?: Zone
  /** Default: when it was made. */
  readonly now?: number
}

/** Since when, or how long it lasted. */
const sinceOf = ({ at, change, since }: Message, { now = at, zone = localZone }: Reading): string => {
  if (since === undefined) return ""
  if (now - since < NEW) return ""
  if (change === "recovered") return ` (lasted ${inWords(at - since)})`
  return ` (since ${timeOf(since, { now, zone })}, ${agoInWords(since, now)})`
}

const PREFIX: Readonly<Partial<Record<Message["change"], string>>> = { repeated: "still: ", recovered: "recovered: " }

/** The first line in its parts: where, what, since when. */
export const headlineParts = (message: Message, reading: Reading = {}) => {
  const { host, repository, what } = shownOf(message)
  return {
    where: [host, repository].filter((name) => name !== "").join("/"),
    what: `${PREFIX[message.change] ?? ""}${what}`,
    since: sinceOf(message, reading)
  }
}

/** The first line without its mark. */
export const headlineOf = (message: Message, reading: Reading = {}): string => {
  const { since, what, where } = headlineParts(message, reading)
  return `${where}: ${what}${since}`
}

/** The lines of a message below its headline. Each is one line. `notes` say what the message itself does not know. */
export const linesBelow = (
  { mayBeRepeat, message }: Outgoing,
  { now = message.at, zone = localZone }: Reading = {}
) => {
  const { commands, follows = "", lines } = shownOf(message)
  return {
    follows: follows === "" ? [] : [follows],
    lines,
    commands,
    notes: [
      ...(now - message.at < LATE ? [] : [`This message is from ${whenOf(message.at, { now, zone })}.`]),
      ...(mayBeRepeat ? ["This message may have arrived before."] : [])
    ]
  }
}

/**
 * A message as plain text. Its first line reads well as a push notification.
 *
 * @example
 * textOf({ message, mayBeRepeat: false }) // "🟡 vm-1/shop: no provider works (since 02:00, 4 h ago)\n→ nightly-dispatch preflight"
 */
export const textOf = (outgoing: Outgoing, reading: Reading = {}): string => {
  const { commands, follows, lines, notes } = linesBelow(outgoing, reading)
  const headline = `${MARKS[outgoing.message.level]} ${headlineOf(outgoing.message, reading)}`
  return [headline, ...follows, ...lines, ...commands.map((each) => `→ ${each}`), ...notes].join("\n")
}
