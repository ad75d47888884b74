import type { Explanation } from "../../domain/Explanation.ts"
import { nearest } from "../../domain/spelling.ts"
import { isGroup, type CommandShape, type Parameter } from "./CommandShape.ts"

/** What a command line asks for, before the parser sees it. */
export type Understood =
  /** The parser can read these arguments. */
  | { readonly _tag: "Parse"; readonly args: ReadonlyArray<string> }
  | { readonly _tag: "Help"; readonly shape: CommandShape }
  | { readonly _tag: "Version" }
  | { readonly _tag: "Problem"; readonly why: Explanation }

const problem = (what: string, next?: string): Understood => ({ _tag: "Problem", why: { what, next } })

/** A problem, and where the help on it is. */
const withHelp = (what: string, shape: CommandShape): Understood => problem(what, `See ${shape.path.join(" ")} --help`)

const meant = (word: string, words: ReadonlyArray<string>): string => {
  const near = nearest(word, words)
  return near === undefined ? "" : `; did you mean ${near}?`
}

const called = ({ path }: CommandShape): string => path.slice(1).join(" ")

/** The options that the shape does not have: they take the place of a command. */
const HELP: ReadonlySet<string> = new Set(["--help", "-h"])
const VERSION_OPTION = "--version"

const unknownCommand = (word: string, shape: CommandShape): Understood => {
  const names = shape.children.map(({ path }) => path.at(-1) ?? "")
  const what = shape.path.length === 1 ? "there is no command" : `${called(shape)} has no command`
  return withHelp(`${what} ${word}${meant(word, names) || `; it is one of ${names.join(", ")}`}`, shape)
}

const unknownOption = (name: string, shape: CommandShape, known: ReadonlyArray<Parameter>): Understood => {
  const names = known.flatMap((each) => each.names)
  const whose = shape.path.length === 1 ? "there is no option" : `${called(shape)} has no option`
  return withHelp(`${whose} ${name}${meant(name, names)}`, shape)
}

const isOption = (word: string, known: ReadonlyArray<Parameter>): boolean =>
  HELP.has(word) || known.some(({ names }) => names.includes(word))

/** What is wrong with an option's value. */
const valueProblem = (name: string, { choices, isInteger }: Parameter, given: string): string | undefined => {
  if (isInteger && !/^-?\d+$/.test(given)) return `${name} takes a whole number, not "${given}"`
  const isCaseless = name === "--log-level"
  if (choices.length === 0 || choices.includes(isCaseless ? given.toLowerCase() : given)) return undefined
  return `${name} takes one of ${choices.join(", ")}, not "${given}"${meant(given, choices)}`
}

const argumentProblem = (shape: CommandShape, given: ReadonlyArray<string>): Understood | undefined => {
  const { args, children } = shape
  if (isGroup(shape) && shape.path.length > 1) {
    const names = children.map(({ path }) => path.at(-1)).join(", ")
    return withHelp(`${called(shape)} needs one of its commands: ${names}`, shape)
  }
  for (const [index, word] of given.entries()) {
    const wrong = args[index] === undefined ? undefined : valueProblem(args[index].names.join(" "), args[index], word)
    if (wrong !== undefined) return problem(wrong)
  }
  const missing = args.filter(({ isOptional }) => !isOptional)[given.length]
  if (missing !== undefined)
    return withHelp(`${called(shape)} needs ${missing.names.join(" ")}: ${missing.description}`, shape)
  const extra = given[args.length]
  if (extra === undefined || args.some(({ isRepeated }) => isRepeated) || shape.path.length === 1) return undefined
  const takes = args.length === 0 ? "no argument" : `only ${args.map(({ names }) => names.join(" ")).join(" ")}`
  return withHelp(`${called(shape)} takes ${takes}, so it cannot do anything with "${extra}"`, shape)
}

const missingOption = (shape: CommandShape, seen: ReadonlySet<Parameter>): Understood | undefined => {
  const missing = shape.options.find((option) => option.value !== undefined && !option.isOptional && !seen.has(option))
  if (missing === undefined) return undefined
  return withHelp(`${called(shape)} needs ${missing.names[0]} ${missing.value}: ${missing.description}`, shape)
}

/**
 * What a command line asks for: help, or something that the parser can read. Else says in plain words what is wrong with it, with what
 * was meant.
 *
 * @example
 * understand(["runn"], program) // { _tag: "Problem", why: { what: "there is no command runn; did you mean run?", … } }
 */
export const understand = (args: ReadonlyArray<string>, program: CommandShape): Understood => {
  if (args[0] === "help") return understand([...args.slice(1), "--help"], program)
  let shape = program
  const given: Array<string> = []
  const seen = new Set<Parameter>()
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? ""
    if (arg === "--") {
      given.push(...args.slice(index + 1))
      break
    }
    if (!arg.startsWith("-") || arg === "-") {
      const child = shape.children.find(({ path }) => path.at(-1) === arg)
      if (child !== undefined) shape = child
      else if (shape.children.length > 0) return unknownCommand(arg, shape)
      else given.push(arg)
      continue
    }
    const [name = "", ...rest] = arg.split("=")
    if (HELP.has(name)) return { _tag: "Help", shape }
    if (name === VERSION_OPTION) return { _tag: "Version" }
    const known = [...shape.options, ...program.options]
    const option = known.find(({ names }) => names.includes(name))
    if (option === undefined) return unknownOption(name, shape, known)
    seen.add(option)
    if (option.value === undefined) continue
    const next = rest.length > 0 ? rest.join("=") : args[++index]
    if (next === undefined || (rest.length === 0 && isOption(next, known)))
      return problem(`${name} needs a value: ${name} ${option.value}`)
    const wrong = valueProblem(name, option, next)
    if (wrong !== undefined) return problem(wrong)
  }
  return argumentProblem(shape, given) ?? missingOption(shape, seen) ?? { _tag: "Parse", args }
}
