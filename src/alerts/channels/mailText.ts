import { DateTime, Encoding, Option } from "effect"
import { createHash } from "node:crypto"
import type { Outgoing } from "../../domain/Message.ts"
import { oneLine, wellFormed } from "../../domain/Text.ts"
import { headlineOf, linesBelow, type Reading } from "../messageText.ts"

/** Bytes that one encoded word of a header can hold: its line then has at most 76 characters. */
const WORD_BYTES = 39
/** Characters of a line in quoted-printable. */
const LINE_LENGTH = 76

const encoder = new TextEncoder()

/** Pieces of at most `WORD_BYTES` bytes. No character is split: a reader decodes each encoded word alone. */
const pieces = (text: string): ReadonlyArray<string> => {
  const all: Array<string> = []
  let piece = ""
  for (const character of text) {
    if (encoder.encode(piece + character).length > WORD_BYTES) {
      all.push(piece)
      piece = ""
    }
    piece += character
  }
  return [...all, piece]
}

/** A text as the value of a header (RFC 2047): as it is if it is plain, else in encoded words, one for each line. */
export const headerText = (text: string): string => {
  const line = wellFormed(oneLine(text, 900))
  const isPlain = /^[\x20-\x7e]*$/.test(line) && !line.includes("=?")
  return isPlain
    ? line
    : pieces(line)
        .map((piece) => `=?utf-8?B?${Encoding.encodeBase64(piece)}?=`)
        .join("\n ")
}

const hex = (byte: number): string => `=${byte.toString(16).toUpperCase().padStart(2, "0")}`

/** One line in quoted-printable (RFC 2045): plain ASCII stays readable, and no line is longer than 76 characters. */
const quotedLine = (line: string): string => {
  const bytes = encoder.encode(line)
  const isFrom = line.startsWith("From ")
  let result = ""
  let length = 0
  for (const [index, byte] of bytes.entries()) {
    const isSpaceAtEnd = byte === 0x20 && index === bytes.length - 1
    // A line with only a dot ends a message for some programs, and `From ` begins one in a mailbox.
    const isSpecial = index === 0 && (byte === 0x2e || isFrom)
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x3d && !isSpaceAtEnd && !isSpecial
    const part = isPlain ? String.fromCharCode(byte) : hex(byte)
    if (length + part.length > LINE_LENGTH - 1) {
      result += "=\n"
      length = 0
    }
    result += part
    length += part.length
  }
  return result
}

/** A text with line ends of Unix, which is what `sendmail` reads. */
export const quotedPrintable = (text: string): string => wellFormed(text).split("\n").map(quotedLine).join("\n")

/** The host as the right side of an id: labels of letters, digits and `-`. */
const domainOf = (host: string): string =>
  host
    .slice(0, 64)
    .split(/[^A-Za-z0-9-]+/)
    .filter((label) => label !== "")
    .join(".") || "nightly-dispatch"

/** The same for the same name, so that a repeat is known as one. */
const idOf = (name: string, host: string): string =>
  `<${createHash("sha256").update(name).digest("hex").slice(0, 32)}@${domainOf(host)}>`

const dateOf = (at: number): ReadonlyArray<string> =>
  Option.match(DateTime.make(at), {
    onNone: () => [],
    onSome: (date) => [`Date: ${DateTime.toDateUtc(date).toUTCString().replace(/GMT$/, "+0000")}`]
  })

/** The body: commands are indented, with an empty line around them. */
const bodyOf = (outgoing: Outgoing, reading: Reading): string => {
  const { commands, follows, lines, notes } = linesBelow(outgoing, reading)
  const parts = [
    [headlineOf(outgoing.message, reading), ...follows],
    lines,
    commands.map((command) => `    ${command}`),
    notes
  ]
  return parts
    .filter((part) => part.length > 0)
    .map((part) => part.join("\n"))
    .join("\n\n")
}

/**
 * A message as `sendmail` reads it: RFC 5322 with line ends of Unix. No header holds a line end of the message's, and there is no
 * From: sendmail knows the sender better. Messages about one subject are one thread.
 *
 * @example
 * mailText({ message, mayBeRepeat: false }, ["ops@example.org"])
 */
export const mailText = (outgoing: Outgoing, to: ReadonlyArray<string>, reading: Reading = {}): string => {
  const { at, change, host, id, key, level } = outgoing.message
  const hasSubject = change !== "digest" && change !== "test"
  return [
    `To: ${to.map((address) => oneLine(address)).join(",\n ")}`,
    `Subject: ${headerText(`[nightly-dispatch] ${headlineOf(outgoing.message, reading)}`)}`,
    ...dateOf(at),
    `Message-ID: ${idOf(id, host)}`,
    ...(hasSubject ? [`References: ${idOf(`${key} ${host}`, host)}`] : []),
    ...(level === "bad" ? ["Importance: high"] : []),
    "Auto-Submitted: auto-generated",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: quoted-printable",
    "",
    quotedPrintable(bodyOf(outgoing, reading)),
    ""
  ].join("\n")
}
