/** What an issue of GitHub means to the dispatcher. Priority, type and state of work are labels. */
import { BeadsId, Issue, Priority } from "../../src/index.ts"
import type { GithubComment, GithubIssue } from "./githubApi.ts"

/** The label of a claimed issue. */
export const IN_PROGRESS = "in progress"
const TYPES = ["bug", "feature", "task"]
/** What labels say that an `Issue` has fields for. */
const FIELDS = new Set([...TYPES, IN_PROGRESS, "blocked"])
const isPriority = (label: string): boolean => /^P[0-4]$/.test(label)

/** The bug's id of an issue's number. */
export const idOf = (number: number): BeadsId => BeadsId.make(`gh-${number}`)

/** The number of the issue; `undefined` if the id is of another tracker. */
export const numberOf = (id: BeadsId): string | undefined => /^gh-([1-9]\d{0,9})$/.exec(id)?.[1]

/** What this program writes into a comment, with the actor. The mark is not shown by GitHub. */
export const marked = (what: "claim" | "note", actor: string, text = "") => ({
  body: `<!-- nightly-dispatch ${what} ${actor} -->\n${text}`
})
const MARKED = /^<!-- nightly-dispatch (claim|note) (\S+) -->\n([\s\S]*)$/

/** An issue with its comments, as the dispatcher knows one. Only comments of our login hold claims: anybody may write the mark. */
export const toIssue = (
  login: string,
  row: GithubIssue,
  blockedBy: ReadonlyArray<string>,
  all: ReadonlyArray<GithubComment>
) => {
  const comments = all.map((comment) => {
    const by = comment.user?.login ?? ""
    const [, what, actor = by, text = comment.body] = by === login ? (MARKED.exec(comment.body) ?? []) : []
    return { ...comment, what, actor, text }
  })
  const labels = row.labels.map(({ name }) => name)
  const person = row.assignees.find((assignee) => assignee.login !== login)
  const open = labels.includes(IN_PROGRESS) ? "in_progress" : labels.includes("blocked") ? "blocked" : "open"
  return {
    claims: comments.filter(({ what }) => what === "claim"),
    issue: new Issue({
      id: idOf(row.number),
      title: row.title,
      description: row.body ?? "",
      comments: comments.flatMap(({ actor, created_at, text, what }) =>
        what === "claim" ? [] : [{ author: actor, createdAt: created_at, text }]
      ),
      status: row.state === "closed" ? "closed" : open,
      // Without a label it is not urgent.
      priority: Priority.make(Number(labels.find(isPriority)?.slice(1) ?? 4)),
      type: TYPES.find((type) => labels.includes(type)) ?? "task",
      assignee: person?.login ?? comments.find(({ what }) => what === "claim")?.actor ?? row.assignees[0]?.login,
      labels: labels.filter((label) => !isPriority(label) && !FIELDS.has(label)),
      createdAt: row.created_at,
      closedAt: row.closed_at ?? undefined,
      blockedBy
    })
  }
}
