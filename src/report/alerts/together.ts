import type { Message } from "../../domain/Message.ts"

/** More messages of one kind than this at once become one. */
const MOST = 3
/** Lines of that one. */
const LINES = 20

/** Many messages of one kind and change as one, with a line for each. */
const joined = (messages: ReadonlyArray<Message>, first: Message): Message => {
  const { id, kind } = first
  const times = messages.flatMap(({ since }) => since ?? [])
  const rest = messages.length - LINES
  const { beads: _, since: __, ...common } = first
  return {
    ...common,
    id: `${id} and ${messages.length - 1} more`,
    key: kind,
    what: `${messages.length} × ${kind.replaceAll("_", " ")}`,
    ...(times.length === 0 ? {} : { since: Math.min(...times) }),
    lines: [...messages.slice(0, LINES).map(({ what }) => `• ${what}`), ...(rest > 0 ? [`• and ${rest} more`] : [])],
    commands: ["nightly-dispatch status --all"]
  }
}

/** What is over, in one message: it needs nobody. */
const recovered = (messages: ReadonlyArray<Message>): ReadonlyArray<Message> => {
  const [first, ...more] = messages
  if (first === undefined || more.length === 0) return messages
  const whats = messages.map(({ what }) => what)
  const { beads: _, since: __, ...common } = first
  return [
    {
      ...common,
      id: `${first.id} and ${more.length} more`,
      key: "recovered",
      what: whats.length > MOST ? `${whats.length} alerts are over` : whats.join(" · "),
      lines: whats.length > MOST ? whats.map((what) => `• ${what}`) : []
    }
  ]
}

/**
 * The same messages, but what is over is one, and those of one kind and change are one if they are many: the first look at a
 * tracker may find fifty bugs. Each is at the place of the first of its kind.
 */
export const together = (messages: ReadonlyArray<Message>): ReadonlyArray<Message> => {
  const groups = new Map<string, Array<Message>>()
  for (const message of messages) {
    const name = message.change === "recovered" ? "recovered" : `${message.kind} ${message.change}`
    groups.set(name, [...(groups.get(name) ?? []), message])
  }
  return [...groups].flatMap(([name, group]) => {
    const [first] = group
    if (name === "recovered") return recovered(group)
    return first === undefined || group.length <= MOST ? group : [joined(group, first)]
  })
}
