import * as fs from "node:fs"
import type { Machine } from "../machine/Machine.ts"
import { runnerEvents, trackerIssues } from "../machine/toolLogs.ts"
import { journalRows } from "./journals.ts"

/** Everything that a run can change on a machine, as texts. */
export const stateOf = async (machine: Machine): Promise<ReadonlyArray<string>> => {
  const files = fs.readdirSync(machine.at("tmp"), { recursive: true }).map(String).toSorted()
  const tools = [...trackerIssues(machine.root), ...runnerEvents(machine.root), machine.running()]
  const all = [...tools, ...files, ...(await journalRows(machine.root))]
  return all.map((entry) => JSON.stringify(entry).replaceAll(machine.root, "ROOT"))
}

/** A text without what differs between two machines that ended the same way: times, run ids, process ids. */
const withoutNumbers = (text: string): string =>
  text
    .replaceAll(/bd-(\d)\b/g, (_, digit) => `bd-${"abcdefghi"[Number(digit) - 1]}`)
    .replaceAll(/(nightly-dispatch-)(?:[0-9a-f]{32}-)?\w{6}/g, "$1")
    .replaceAll(/(nightly-dispatch\/)[0-9a-f]{32}\//g, "$1")
    .replaceAll(/[0-9a-f]*\d[0-9a-f]*/g, "#")

/** The same text for machines that ended the same way. */
export const endOf = (state: ReadonlyArray<string>): string =>
  state
    .map((text) => withoutNumbers(text))
    .toSorted()
    .join("\n")
