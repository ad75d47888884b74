import type { CommandShape, Parameter } from "./CommandShape.ts"
import { nameOf, usageLines } from "./helpText.ts"

/** A text for troff: no line may begin with one of its requests. */
const escaped = (text: string): string =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("…", "...")
    .replace(/^(?=[.'])/gm, "\\&")

const paragraphs = (parameters: ReadonlyArray<Parameter>): ReadonlyArray<string> =>
  parameters.flatMap((parameter) => [".TP", `.B ${escaped(nameOf(parameter))}`, escaped(parameter.description)])

const commandLines = (shape: CommandShape): ReadonlyArray<string> => {
  const { args, children, options, path, summary } = shape
  const isParent = children.length > 0
  return [
    ...(isParent ? [] : [`.SS ${escaped(path.slice(1).join(" "))}`, ".nf"]),
    ...(isParent ? [] : usageLines(shape, 76).map(escaped)),
    ...(isParent ? [] : [".fi", ".PP", escaped(`${summary}.`), ...paragraphs([...args, ...options])]),
    ...children.flatMap(commandLines)
  ]
}

/** What an exit code means, for those who watch the program. */
const EXITS: ReadonlyArray<readonly [code: string, meaning: string]> = [
  ["0", "All was dispatched, there was nothing to do, or another run is active."],
  ["1", "No provider works; claim, release: not done; status: something needs you."],
  ["2", "Wrong usage."],
  ["3", "A dispatch failed, or jobs show more than a hard bug; status: a run is late."],
  ["4", "The tracker could not be read, wholly or for bugs that may be wanted."],
  ["5", "A setting is wrong, or the runner is missing."],
  ["6", "The state directory cannot be used, a run hangs, there is no room, or a result is lost."],
  ["70", "A defect in the program."],
  ["129, 130, 143", "Ended by SIGHUP, SIGINT, SIGTERM; what was under way was rolled back first."]
]

/**
 * The manual page, for `man`.
 *
 * @example
 * manPage(program, "0.1.0") // for: man ./nightly-dispatch.1
 */
export const manPage = (program: CommandShape, version: string): string => {
  const [name = ""] = program.path
  return `${[
    `.TH ${name.toUpperCase()} 1 "" "${name} ${version}" "User Commands"`,
    ".SH NAME",
    `${escaped(name)} \\- dispatches bugs to coding agents, unattended`,
    ".SH SYNOPSIS",
    ".nf",
    ...usageLines(program, 76).map(escaped),
    ".fi",
    ".SH DESCRIPTION",
    escaped(`${program.summary}.`),
    ".SH COMMANDS",
    ...program.children.flatMap(commandLines),
    ".SH OPTIONS OF EVERY COMMAND",
    ...paragraphs(program.options),
    ".SH EXIT STATUS",
    ...EXITS.flatMap(([code, meaning]) => [".TP", `.B ${code}`, escaped(meaning)]),
    ".SH FILES",
    ".TP",
    `.I ${escaped("nightly-dispatch.yaml")}`,
    escaped("The settings, where you start the program; else in $XDG_CONFIG_HOME/nightly-dispatch/."),
    ".TP",
    `.I ${escaped("$XDG_STATE_HOME/nightly-dispatch/")}`,
    escaped("The journal, the locks and the logs of local jobs; else stateDir of the settings.")
  ].join("\n")}\n`
}
