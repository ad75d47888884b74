import { padTo, widthOf, wrapTo } from "../../report/text/display.ts"
import { isGroup, type CommandShape, type Parameter } from "./CommandShape.ts"

/** Columns of the first of two, at most: what is longer has a line of its own. */
const FIRST = 24

/** `--max INTEGER`, `-f, --follow`, `<id>`. */
export const nameOf = ({ names, value }: Parameter): string =>
  `${names.join(", ")}${value === undefined ? "" : ` ${value}`}`

const usageWord = (parameter: Parameter): string => {
  const { isOptional, isRepeated, names, value } = parameter
  const name = `${names.at(-1) ?? ""}${value === undefined ? "" : ` ${value}`}`
  return `${isOptional ? `[${name}]` : name}${isRepeated ? "…" : ""}`
}

/** Words in lines of at most `width` columns; a word is never broken. */
const inLines = (width: number, words: ReadonlyArray<string>): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last !== undefined && widthOf(`${last} ${word}`) <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** How a command is typed. */
export const usageLines = (shape: CommandShape, width: number): ReadonlyArray<string> => {
  const { args, children, options, path } = shape
  const name = path.join(" ")
  const indent = " ".repeat(name.length + 1)
  const words = [
    ...options.map(usageWord),
    ...args.map(usageWord),
    ...(children.length > 0 ? [isGroup(shape) ? "COMMAND" : "[COMMAND]"] : [])
  ]
  const lines = inLines(width - indent.length, words)
  return lines.length === 0 ? [name] : lines.map((line, index) => `${index === 0 ? `${name} ` : indent}${line}`)
}

const twoColumns = (rows: ReadonlyArray<readonly [first: string, second: string]>, width: number) => {
  const first = Math.min(FIRST, Math.max(...rows.map(([name]) => widthOf(name))))
  return rows.flatMap(([name, text]) => {
    const lines = wrapTo(width - first - 4, text)
    const isLong = widthOf(name) > first
    const [head, ...tail] = isLong ? ["", ...lines] : lines
    return [
      isLong ? `  ${name}` : `  ${padTo(first, name)}  ${head ?? ""}`.trimEnd(),
      ...tail.map((line) => `  ${" ".repeat(first)}  ${line}`)
    ]
  })
}

const section = (title: string, rows: ReadonlyArray<readonly [string, string]>, width: number) =>
  rows.length === 0 ? [] : ["", `${title}:`, ...twoColumns(rows, width)]

const rowsOf = (parameters: ReadonlyArray<Parameter>) =>
  parameters.map((parameter) => [nameOf(parameter), parameter.description] as const)

/**
 * The help of a command, in lines of at most `width` columns. `program` is the shape of the whole, whose options every command has.
 *
 * @example
 * helpText(shape, program, 80)
 */
export const helpText = (shape: CommandShape, program: CommandShape, width: number): string => {
  const isProgram = shape === program
  const [name] = program.path
  const commands = shape.children.map(({ path, summary }) => [path.at(-1) ?? "", summary] as const)
  return [
    ...wrapTo(width, `${shape.summary}.`),
    "",
    "Usage:",
    ...usageLines(shape, width - 2).map((line) => `  ${line}`),
    ...section("Commands", commands, width),
    ...section("Arguments", rowsOf(shape.args), width),
    ...section("Options", isProgram ? [] : rowsOf(shape.options), width),
    ...section("Options of every command", rowsOf(program.options), width),
    ...(isProgram ? ["", `Help on one command: ${name} help COMMAND`] : [])
  ].join("\n")
}
