import * as fs from "node:fs"
import * as path from "node:path"

/** A start or an end of an agent, from the fake runner's log. */
export interface RunnerEvent {
  readonly kind: string
  readonly beads: string
  readonly pid: number
}

/** A claim, a release or another change, from the fake bd's log. */
export interface TrackerEvent {
  readonly action: string
  readonly id: string
  readonly actor: string
  readonly done: boolean
}

export interface TrackerIssue {
  readonly id: string
  readonly status: string
  readonly assignee: string
}

const linesOf = (file: string): ReadonlyArray<string> =>
  fs.existsSync(file)
    ? fs
        .readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== "")
    : []

const runnerEvent = (line: string): RunnerEvent => ({
  kind: line.split(" ")[1] ?? "",
  beads: /\bbeads=(\S+)/.exec(line)?.[1] ?? "",
  pid: Number(/\bpid=(\d+)/.exec(line)?.[1] ?? 0)
})

export const runnerEvents = (root: string): ReadonlyArray<RunnerEvent> =>
  linesOf(path.join(root, "dx/events.log")).map(runnerEvent)

export const trackerEvents = (root: string): ReadonlyArray<TrackerEvent> =>
  linesOf(path.join(root, "beads/fake-bd.log")).map((line) => JSON.parse(line))

/** The file in which the fake bd keeps its issues. */
export const trackerFile = (root: string): string => path.join(root, "beads/fake-bd.json")

export const trackerIssues = (root: string): ReadonlyArray<TrackerIssue> => {
  const state: { readonly issues: Readonly<Record<string, Partial<TrackerIssue>>> } = JSON.parse(
    fs.readFileSync(trackerFile(root), "utf8")
  )
  return Object.entries(state.issues).map(([id, issue]) => Object.assign({ status: "", assignee: "" }, issue, { id }))
}
