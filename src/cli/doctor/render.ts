import { widthIn, type Frame } from "../../report/Frame.ts"
import { padTo, paint, widthOf } from "../../report/text/display.ts"
import type { CheckedAs, Diagnosis, Finding } from "./Finding.ts"
import { counted } from "../../domain/Text.ts"

/** The sign of each level, and its colour. */
const SIGNS: Readonly<Record<Finding["level"], readonly [sign: string, color: number]>> = {
  ok: ["ok", 32],
  warning: ["!!", 33],
  problem: ["XX", 31],
  none: ["--", 2]
}

const AREA_WIDTH = 12

/** Lines of whole words: a path is never broken, so that it can be copied. */
const wordLines = (width: number, text: string): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1) ?? ""} ${word}`
    if (lines.length > 0 && widthOf(longer) <= width) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines
}

/** A text beside its label. In a pipe it is one line, so that `grep` shows the whole of it. */
const beside = (frame: Frame, label: string, text: string): ReadonlyArray<string> => {
  if (frame.width === undefined) return [label + text]
  const indent = widthOf(label)
  return wordLines(widthIn(frame) - indent, text).map(
    (line, index) => (index === 0 ? label : " ".repeat(indent)) + line
  )
}

const findingLines = (frame: Frame, { area, level, mend, what }: Finding): ReadonlyArray<string> => {
  const [sign, color] = SIGNS[level]
  const label = ` ${paint(frame.color, color, sign)}  ${padTo(AREA_WIDTH, area)}`
  const indent = " ".repeat(5 + AREA_WIDTH)
  // A command is never broken, so that it can be pasted.
  return [...beside(frame, label, what), ...(mend === undefined ? [] : [`${indent}mend: ${mend}`])]
}

const headLines = (frame: Frame, { directory, from, home, path, shell }: CheckedAs): ReadonlyArray<string> => [
  ...beside(frame, "", `Checked as cron would start a run (${from})`),
  ...beside(frame, "  in    ", directory),
  ...beside(frame, "  PATH  ", frame.width === undefined ? path : path.replaceAll(":", ": ")),
  ...beside(frame, "  HOME  ", `${home}, SHELL=${shell}`)
]

const lastLine = ({ problems, warnings }: Diagnosis): string => {
  const more = warnings === 0 ? "" : `, ${counted(warnings, "warning")}`
  if (problems > 0)
    return `${counted(problems, "problem")}${more}. Mend ${problems === 1 ? "it" : "them"} before tonight.`
  return warnings === 0 ? "Ready: tonight would start." : `Ready: tonight would start. ${counted(warnings, "warning")}.`
}

/**
 * The diagnosis as text, for a terminal or a pipe.
 *
 * @example
 * doctorText(diagnosis(facts), frame)
 */
export const doctorText = (found: Diagnosis, frame: Frame): string =>
  [
    ...headLines(frame, found.checkedAs),
    ...found.findings.flatMap((finding) => findingLines(frame, finding)),
    paint(frame.color, found.problems > 0 ? 31 : 32, lastLine(found))
  ].join("\n")
