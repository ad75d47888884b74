import { oneLine } from "../../domain/Text.ts"
import type { Frame } from "../Frame.ts"
import { agoInWords, timeOf } from "../../domain/times.ts"
import type { ReportView } from "./reportSchema.ts"
import { isBadNight } from "./sparkline.ts"
import * as words from "./words.ts"

/** Keeps a mention or a reference from being one, without a sign that can be seen. */
const APART = "&#8203;"

const ESCAPES: Readonly<Record<string, string>> = {
  "|": "&#124;",
  "<": "&lt;",
  ">": "&gt;",
  "&": "&amp;",
  $: "&#36;",
  "@": `@${APART}`,
  "#": `#${APART}`
}

/** Text of others as Markdown that shows just this text: on one line, no markup, no table cell, no mention. */
export const escapeMarkdown = (text: string, max = 300): string =>
  oneLine(text, max).replace(/[\\`*_{}[\]()~!|<>&$@#]/g, (sign) => ESCAPES[sign] ?? `\\${sign}`)

const esc = escapeMarkdown

/** A command as code, whatever quotes it has. */
const code = (command: string): string => {
  const fence = "`".repeat(1 + Math.max(0, ...Array.from(command.matchAll(/`+/g), ([ticks]) => ticks.length)))
  return fence === "`" ? `${fence}${command}${fence}` : `${fence} ${command} ${fence}`
}

/** `numbers`: the columns that hold numbers. The cells are Markdown. */
const table = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  numbers: ReadonlyArray<number>
): string => {
  const line = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`
  const rule = head.map((_, column) => (numbers.includes(column) ? "---:" : "---"))
  return [line(head), line(rule), ...rows.map(line)].join("\n")
}

const section = (title: string, body: string): ReadonlyArray<string> => (body === "" ? [] : [`## ${title}`, body])

const list = (lines: ReadonlyArray<string>): string =>
  lines
    .filter((line) => line !== "")
    .map((line) => `- ${line}`)
    .join("\n")

const figures = (view: ReportView): string => {
  const decided = words.decisionWords(view.review)
  return list([
    `**Runs**: ${esc(words.dotted([words.cameWords(view), words.exitWords(view)]), 1000)}`,
    `**Jobs**: ${esc(words.jobWords(view))} · success ${words.percent(view.jobs.success)}`,
    ...[words.usageWords(view)].filter((used) => used !== "").map((used) => `**Used**: ${esc(used)}`),
    `**Goal**: ${esc(words.goalWords(view))}`,
    `**Review**: ${esc(words.reviewWords(view.review, view.until))}`,
    decided === "" ? "" : `**Decided**: ${decided}`
  ])
}

const providers = ({ providers }: ReportView): string =>
  providers.length === 0
    ? ""
    : table(
        ["Provider", "Jobs", "Good", "Median", "Fallbacks to it", "Commonest fault"],
        providers.map(({ fallbacks, fault, jobs, medianMs, provider, success }) => [
          esc(provider),
          String(jobs),
          words.percent(success),
          words.lengthWords(medianMs),
          String(fallbacks),
          esc(words.faultWords(fault))
        ]),
        [1, 2, 3, 4]
      )

const hosts = ({ hosts = [] }: ReportView): string => {
  const head = words.HOST_HEAD.map(words.titled)
  return hosts.length === 0
    ? ""
    : table(
        head,
        hosts.map((host) => words.hostCells(host).map((cell) => esc(cell))),
        words.HOST_NUMBERS
      )
}

const failing = ({ keepsFailing }: ReportView, frame: Frame): string =>
  list(
    keepsFailing.map(({ beads, jobs, last, reason, title }) => {
      const name = `**${esc(beads)}**${title === undefined ? "" : ` (${esc(title, 120)})`}`
      const when = `last ${timeOf(last, frame)}, ${agoInWords(last, frame.now)}`
      return `${name}: failed ${jobs}×, ${when}: ${esc(reason)}. ${code(`${frame.program} explain ${beads}`)}`
    })
  )

const difference = ({ difference: found }: ReportView): string => {
  if (found === undefined) return ""
  const rows = (label: string, troubles: typeof found.fresh) =>
    troubles.map((trouble) => [label, esc(trouble.subject), esc(words.troubleWords(trouble))])
  const all = [...rows("new", found.fresh), ...rows("gone", found.gone)]
  return all.length === 0 ? "" : table([`${found.night} against ${found.before}`, "What", "Why"], all, [])
}

const nights = ({ nights }: ReportView): string =>
  table(
    ["Night", "Runs", "Started", "Good", "Failed", "Not started", "Bad or missed runs"],
    nights.map((night) => [
      night.date,
      String(night.runs),
      String(night.dispatched),
      String(night.good),
      String(night.failed),
      String(night.undispatched),
      isBadNight(night) ? `**${night.badRuns + night.missed}**` : "0"
    ]),
    [1, 2, 3, 4, 5, 6]
  )

const nothing = (view: ReportView, frame: Frame): ReadonlyArray<string> => {
  const { next, why, words: what } = words.emptyWords(view, frame.zone)
  const missed = view.runs.judged?.missed.length ?? 0
  return [
    what,
    ...(missed > 0 ? [list([`**Runs**: ${esc(words.cameWords(view))}`])] : []),
    `${why} ${code(`${frame.program} ${next}`)}`
  ]
}

/** The report as GitHub Flavored Markdown, for a chat, an issue or a wiki. */
export const reportMarkdown = (view: ReportView, frame: Frame): string => {
  const head = `# nightly-dispatch: ${esc(words.headline(view, frame.zone))}`
  const body = words.isEmpty(view)
    ? nothing(view, frame)
    : [
        figures(view),
        ...section("Hosts", hosts(view)),
        ...section("Providers", providers(view)),
        ...section("Keeps failing", failing(view, frame)),
        ...section("Since the night before", difference(view)),
        ...section("Nights", nights(view))
      ]
  return [head, ...body, list(view.notes.map((note) => esc(note, 1000)))].filter((part) => part !== "").join("\n\n")
}
