import * as CliConfig from "@effect/cli/CliConfig"
import * as CommandDescriptor from "@effect/cli/CommandDescriptor"
import type * as HelpDoc from "@effect/cli/HelpDoc"
import type * as Usage from "@effect/cli/Usage"
import { HashMap, Option } from "effect"
import { definitionsOf, textsOf, type Definition } from "./helpDoc.ts"

/** An option, or an argument: its only name is in angle brackets then. */
export interface Parameter {
  readonly names: ReadonlyArray<string>
  /** What its value is called; `undefined` if it takes none. */
  readonly value: string | undefined
  /** The only values that it takes; empty if it takes others. */
  readonly choices: ReadonlyArray<string>
  readonly isInteger: boolean
  readonly isOptional: boolean
  readonly isRepeated: boolean
  readonly description: string
}

/** What a command understands: the parser's own description of it. */
export interface CommandShape {
  /** From the program on: `["nightly-dispatch", "config", "show"]`. */
  readonly path: ReadonlyArray<string>
  readonly summary: string
  readonly options: ReadonlyArray<Parameter>
  readonly args: ReadonlyArray<Parameter>
  readonly children: ReadonlyArray<CommandShape>
}

/** Whether only its commands do something: it is the program, or has no option of its own as `hosts --json` has. */
export const isGroup = ({ children, options, path }: CommandShape): boolean =>
  children.length > 0 && (path.length === 1 || options.length === 0)

/** How often a part of a command line may be there. */
type Times = Pick<Parameter, "isOptional" | "isRepeated">

const parametersOf = (
  usage: Usage.Usage,
  definitions: ReadonlyArray<Definition>,
  times: Times = { isOptional: false, isRepeated: false }
): ReadonlyArray<Parameter> => {
  switch (usage._tag) {
    case "Empty":
    case "Mixed":
      return []
    case "Concat":
    case "Alternation":
      return [usage.left, usage.right].flatMap((part) => parametersOf(part, definitions, times))
    case "Optional":
      return parametersOf(usage.usage, definitions, { ...times, isOptional: true })
    case "Repeated":
      return parametersOf(usage.usage, definitions, { isOptional: true, isRepeated: true })
    case "Named": {
      const { acceptedValues, names } = usage
      const found = definitions.find((each) => names.some((name) => each.names.includes(name)))
      const value = Option.getOrUndefined(acceptedValues)
      const choices = value?.includes(" | ") === true ? value.split(" | ") : []
      return [
        {
          names,
          // An argument's name stands for its value.
          value: names.some((name) => name.startsWith("-"))
            ? choices.length > 0
              ? choices.join("|")
              : value
            : undefined,
          choices,
          isInteger: found?.isInteger ?? false,
          ...times,
          description: found?.text ?? ""
        }
      ]
    }
  }
}

const isOption = ({ names }: Parameter): boolean => names.some((name) => name.startsWith("-"))

const summaryOf = (help: HelpDoc.HelpDoc): string => {
  const texts = textsOf(help)
  return texts[texts.indexOf("DESCRIPTION") + 1] ?? ""
}

type Described = CommandDescriptor.Command<unknown>

const shapeOf = (
  path: ReadonlyArray<string>,
  descriptor: Described,
  children: ReadonlyArray<CommandShape>
): CommandShape => {
  const help = CommandDescriptor.getHelp(descriptor, CliConfig.defaultConfig)
  // The first is the command's own name.
  const parameters = parametersOf(CommandDescriptor.getUsage(descriptor), definitionsOf(help)).slice(1)
  return {
    path,
    summary: summaryOf(help),
    options: parameters.filter(isOption),
    args: parameters.filter((parameter) => !isOption(parameter)),
    children
  }
}

const childrenOf = (path: ReadonlyArray<string>, descriptor: Described): ReadonlyArray<CommandShape> =>
  HashMap.toEntries(CommandDescriptor.getSubcommands(descriptor))
    // A command without others below it gives itself.
    .filter(([name]) => name !== path.at(-1))
    .map(([name, child]) => shapeOf([...path, name], child, []))

const nameOf = (descriptor: Described): string => [...CommandDescriptor.getNames(descriptor)].join(" ")

/** A command of the parser. */
interface Parsed {
  readonly descriptor: Described
}

/**
 * The shape of the program. The options of `root` are those of every command. Its commands are those of `names`, in the order in
 * which help lists them; of those that are not among `commands` only the name is known.
 *
 * @example
 * programShape(root, [runCommand], ["run", "config"]).children.map(({ path }) => path[1]) // ["run", "config"]
 */
export const programShape = (
  root: Parsed,
  commands: ReadonlyArray<Parsed>,
  names: ReadonlyArray<string>
): CommandShape => {
  const program = nameOf(root.descriptor)
  const known = new Map(commands.map(({ descriptor }) => [nameOf(descriptor), descriptor]))
  return shapeOf(
    [program],
    root.descriptor,
    names.map((name) => {
      const [path, descriptor] = [[program, name], known.get(name)]
      return descriptor === undefined
        ? { path, summary: "", options: [], args: [], children: [] }
        : shapeOf(path, descriptor, childrenOf(path, descriptor))
    })
  )
}
