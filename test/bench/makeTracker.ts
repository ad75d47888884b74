import { DateTime } from "effect"

const HOUR = 3_600_000
const STACK = ["at load (app.js:10:5)", "at main (index.js:3:1)"]

const time = (at: number): string => DateTime.formatIso(DateTime.unsafeMake(at))

/** `n` spread evenly over 0 … `below`, the same in each run. */
const spread = (n: number, below: number): number => (Math.imul(n + 1, 2_654_435_761) >>> 0) % below

/** In letters: two reports that differ only in a number count as copies. */
const inLetters = (n: number): string => String(n).replace(/\d/g, (digit) => "ghijklmnop"[Number(digit)] ?? "")

/** Which bugs a tracker holds. `mixed`: of all states, types and priorities. `wanted`: each may be dispatched. */
export type Kind = "mixed" | "wanted"

const stateOf = (n: number, kind: Kind) => {
  if (kind === "wanted") return { status: "open", priority: n % 2, issue_type: "bug" }
  const status = ["open", "open", "open", "closed", "closed", "closed", "in_progress", "blocked"][spread(n, 8)]
  const issue_type = ["bug", "bug", "bug", "task", "feature"][spread(n + 1, 5)]
  return { status, priority: spread(n + 2, 5), issue_type }
}

/** A report of about 400 characters, of which no two are copies of each other. */
const description = (n: number): string =>
  [
    `Saving order ${n} fails once the list has more than ${20 + (n % 80)} rows. It worked in the last release.`,
    `TypeError: cannot read properties of undefined (reading '${inLetters(n)}')`,
    ...STACK.map((frame) => `    ${frame}`),
    "Steps: open the list, choose the last row, change its amount, save. Expected: the row is saved. Seen: the page stays empty."
  ].join("\n")

const commentsOf = (n: number, at: number) =>
  n % 10 === 0
    ? { comments: [{ id: n, author: "ann", text: "I have seen this as well.", created_at: time(at + HOUR) }] }
    : {}

/** Each tenth issue waits for an earlier one, which may be closed. */
const dependenciesOf = (n: number, idOf: (n: number) => string) => {
  if (n % 10 !== 5) return {}
  const on = idOf(spread(n, n))
  return { dependencies: [{ issue_id: idOf(n), depends_on_id: on, type: "blocks" }], dependency_count: 1 }
}

/** So many records as bd writes them, about 550 bytes each. The same in each run. */
export const records = (count: number, kind: Kind, now: number): ReadonlyArray<string> => {
  const idOf = (n: number) => `app-${n.toString(36).padStart(4, "0")}`
  return Array.from({ length: count }, (_, n) => {
    const state = stateOf(n, kind)
    const created = now - 48 * HOUR - n * 1000
    return JSON.stringify({
      id: idOf(n),
      title: `saving order ${inLetters(n)} fails`,
      description: description(n),
      ...state,
      created_at: time(created),
      updated_at: time(created + HOUR),
      ...(state.status === "closed" ? { closed_at: time(created + 2 * HOUR) } : {}),
      ...(n % 7 === 0 ? { labels: ["backend"] } : {}),
      ...(kind === "mixed" ? { ...dependenciesOf(n, idOf), ...commentsOf(n, created) } : {})
    })
  })
}
