import { widthIn, type Frame } from "../Frame.ts"
import { padTo, paint, widthOf, wrapTo } from "./display.ts"

const BOLD = 1

/** A heading. */
export const heading = ({ color }: Pick<Frame, "color">, text: string): string => paint(color, BOLD, text)

/** Narrower text beside a label is hard to read, so it begins below the label. */
const NARROWEST = 24

/**
 * `text` beside a label, wrapped to the frame's width; the further lines begin where the text begins.
 *
 * @example
 * beside(frame, "NOW: ", "left alone: it waits for bd-2")
 */
export const beside = (frame: Frame, label: string, text: string): ReadonlyArray<string> => {
  const indent = widthOf(label)
  const width = widthIn(frame) - indent
  if (width < NARROWEST) return [label.trimEnd(), ...wrapTo(widthIn(frame) - 2, text).map((line) => `  ${line}`)]
  return wrapTo(width, text).map((line, index) => (index === 0 ? label : " ".repeat(indent)) + line)
}

/**
 * Words about a path. The path is never broken: if it does not fit among its words, it stands below them.
 *
 * @example
 * aboutPath(frame, "worktree", "/tmp/agents/bd-1/app", "kept") // ["  worktree /tmp/agents/bd-1/app (kept)"]
 */
export const aboutPath = (frame: Frame, what: string, path: string, state?: string): ReadonlyArray<string> => {
  const behind = state === undefined ? "" : ` (${state})`
  const line = `  ${[what, path].filter((part) => part !== "").join(" ")}${behind}`
  if (widthOf(line) <= widthIn(frame)) return [line]
  return [...(what === "" ? [] : beside(frame, "  ", `${what}${behind}:`)), `    ${path}`]
}

/**
 * Commands to paste, each with what it does. A command is never broken: if it does not fit beside its words, it stands below them.
 *
 * @example
 * commandLines(frame, [{ does: "try it again", command: "nightly-dispatch retry bd-1" }])
 */
export const commandLines = (
  frame: Frame,
  commands: ReadonlyArray<{ readonly does: string; readonly command: string }>
): ReadonlyArray<string> => {
  const label = Math.max(...commands.map(({ does }) => widthOf(does) + 3))
  const fits = commands.every(({ command }) => label + widthOf(command) + 2 <= widthIn(frame))
  return commands.flatMap(({ command, does }) =>
    fits ? [`  ${padTo(label, `${does}:`)}${command}`] : [`  ${does}:`, `    ${command}`]
  )
}
