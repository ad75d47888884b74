import { Schema } from "effect"
import type { Frame } from "../../../report/Frame.ts"
import { beside } from "../../../report/text/blocks.ts"
import { Found } from "./look.ts"

/** What `config init --json` prints. */
export const InitReport = Schema.Struct({
  found: Found,
  wrote: Schema.Struct({
    file: Schema.String,
    lines: Schema.Int,
    /** Whether there was a file before. */
    replaced: Schema.Boolean,
    /** Whether only the settings of alerts were added to it, as comments. */
    added: Schema.Boolean,
    /** Whether git tracks the file, or does not say that it does not. */
    tracked: Schema.Boolean
  }),
  /** How many problems `config check` finds now. */
  problems: Schema.Int,
  /** The settings file that commands read here. Another one than `wrote.file` hides it. */
  read: Schema.NullOr(Schema.String),
  /** The command to go on with. */
  next: Schema.String
})
export type InitReport = typeof InitReport.Type

const repositoryLine = ({ repository }: Found): string => {
  if (repository === null) return "no git repository here: set repoPath to the clone that worktrees come from"
  const { base, path } = repository
  const from = base._tag === "Found" ? `work starts from ${base.detail}` : `no work can start from it: ${base.why}`
  return `git repository ${path} (${from})`
}

const trackerLine = ({ tracker }: Found): string => {
  if (tracker === null)
    return "no tracker: there is no .beads at or above the repository. Run bd init there, or set beads.dir"
  const { answer, directory } = tracker
  if (answer._tag === "Unusable") return `tracker ${directory}: it cannot be read: ${answer.why}`
  return answer.detail.includes(directory) ? `tracker: ${answer.detail}` : `tracker ${directory}: ${answer.detail}`
}

const agentLines = ({ dxRunner, providers }: Found): ReadonlyArray<string> => [
  providers.length === 0
    ? "no agent on PATH: install opencode, claude or gemini"
    : `on PATH: ${providers.map(({ command, lacks, name }) => `${command} (provider ${name}${lacks === undefined ? "" : `; ${lacks}`})`).join(", ")}`,
  ...(dxRunner === null ? [] : [`jobs are started by dx-runner (${dxRunner})`])
]

const afterwards = ({ problems, read, wrote }: InitReport, program: string): ReadonlyArray<string> => [
  ...(wrote.tracked
    ? ["git tracks this file, or may: it must not set commands or alert addresses, unless --config names it"]
    : []),
  ...(problems > 0 ? [`the settings cannot be used yet: ${program} config check`] : []),
  ...(read === wrote.file || problems > 0 ? [] : [`but commands read another file here: ${read ?? "none"}`])
]

/**
 * What was found, what was written, and what to do next.
 *
 * @example
 * reportText(frame, report) // "found  git repository /home/op/shop …"
 */
export const reportText = (frame: Frame, report: InitReport): string => {
  const { found, wrote } = report
  const rows = [
    ["found", [repositoryLine(found), trackerLine(found), ...agentLines(found)]],
    [
      wrote.added ? "added to" : wrote.replaced ? "replaced" : "wrote",
      [`${wrote.file} (${wrote.lines} lines)`, ...afterwards(report, frame.program)]
    ]
  ] as const
  return [
    ...rows.flatMap(([label, texts]) =>
      texts.flatMap((text, index) => beside(frame, (index === 0 ? label : "").padEnd(10), text))
    ),
    `Next: ${report.next}`
  ].join("\n")
}
