import type * as HttpClient from "@effect/platform/HttpClient"
import type { Effect } from "effect"
import type { Outgoing } from "../../domain/Message.ts"
import { SEND_TIME, type Channel } from "../Channel.ts"
import { post } from "../http/importedPost.ts"
import { headlineParts, linesBelow, MARKS, textOf, type Reading } from "../messageText.ts"
import { makeChannel } from "./makeChannel.ts"
import { secretsOf } from "./secretsOf.ts"

/** Characters of the text for notifications, as it is sent. Slack cuts at 40 000, and recommends 4000. */
const FALLBACK_LENGTH = 3000

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" }

/** An invisible character that belongs to no name and no link. */
const WORD_JOINER = "\u2060"

/**
 * The text for notifications, and for servers that understand no blocks. Slack ignores `parse` in webhooks, and Mattermost makes
 * mentions of `@all` and links of `[…](…)`, so nothing in it may look like one: `&`, `<` and `>` are escaped, and an invisible
 * character follows `@` and `]`.
 */
const fallbackOf = (text: string): string => {
  let length = 0
  let result = ""
  for (const character of text) {
    const safe = ESCAPES[character] ?? (character === "@" || character === "]" ? character + WORD_JOINER : character)
    length += safe.length
    if (length > FALLBACK_LENGTH - 1) return `${result}…`
    result += safe
  }
  return result
}

/** Slack shows the text of such an element as it is: no markup, mention, link or emoji name counts in it. */
const literal = (text: string, style: Readonly<Record<string, true>> = {}) =>
  Object.keys(style).length === 0 ? { type: "text", text } : { type: "text", text, style }

const section = (...elements: ReadonlyArray<object>) => ({ type: "rich_text_section", elements })

/**
 * What Slack gets: one block of rich text, whose elements hold every text literally. Slack refuses a message whose blocks hold
 * more than about 12 000 characters; this one has at most 7500, whatever the message is.
 *
 * @example
 * SlackChannel.slackMessage({ message, mayBeRepeat: false })
 */
export const slackMessage = (outgoing: Outgoing, reading: Reading = {}) => {
  const { since, what, where } = headlineParts(outgoing.message, reading)
  const { commands, follows, lines, notes } = linesBelow(outgoing, reading)
  const [first, ...others] = [...follows, ...lines].filter((line) => line !== "")
  const elements = [
    section(
      literal(`${MARKS[outgoing.message.level]} ${where}: `),
      literal(what, { bold: true }),
      ...(since === "" ? [] : [literal(since)])
    ),
    ...(first === undefined ? [] : [section(literal(first), ...others.map((line) => literal(`\n${line}`)))]),
    ...(commands.length === 0 ? [] : [{ type: "rich_text_preformatted", elements: [literal(commands.join("\n"))] }]),
    ...(notes.length === 0 ? [] : [section(literal(notes.join("\n"), { italic: true }))])
  ]
  return {
    text: fallbackOf(textOf(outgoing, reading)),
    blocks: [{ type: "rich_text", elements }],
    mrkdwn: false,
    parse: "none",
    unfurl_links: false,
    unfurl_media: false
  }
}

/**
 * An incoming webhook of Slack, or of what understands the same.
 *
 * @example
 * SlackChannel.make(new URL(address))
 */
export const make = (address: URL): Effect.Effect<Channel, never, HttpClient.HttpClient> =>
  makeChannel({
    name: "slack",
    target: address.host,
    secrets: secretsOf(address),
    deliver: (outgoing, now) => {
      const body = JSON.stringify(slackMessage(outgoing, { now }))
      return post({ address, body, type: "application/json; charset=utf-8", limit: SEND_TIME })
    }
  })
