import type { CommandShape, Parameter } from "./CommandShape.ts"

/** The shells that a completion script can be printed for. */
export const SHELLS = ["bash", "zsh", "fish"] as const
export type Shell = (typeof SHELLS)[number]

/** A command, by the words behind the program's name: `config show`; empty for the program itself. */
interface Place {
  readonly words: string
  readonly shape: CommandShape
}

const placesOf = (program: CommandShape): ReadonlyArray<Place> => {
  const below = (shape: CommandShape): ReadonlyArray<Place> => [
    { words: shape.path.slice(1).join(" "), shape },
    ...shape.children.flatMap(below)
  ]
  return below(program)
}

const optionsAt = ({ shape }: Place, program: CommandShape): ReadonlyArray<Parameter> => [
  ...(shape === program ? [] : shape.options),
  ...program.options
]

const isFile = ({ value }: Parameter): boolean => value === "file" || value === "directory"

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** Finds out, in bash and zsh, in which command the words before the cursor are. `given` is the list of these words. */
const whereAmI = (places: ReadonlyArray<Place>, given: string): string => `  local at="" word
  for word in ${given}; do
    case "$at $word" in
${places
  .filter(({ words }) => words !== "")
  .map(({ words }) => {
    const parts = words.split(" ")
    return `      ${quoted(`${parts.slice(0, -1).join(" ")} ${parts.at(-1) ?? ""}`)}) at=${quoted(words)} ;;`
  })
  .join("\n")}
    esac
  done`

const valueCases = (
  places: ReadonlyArray<Place>,
  program: CommandShape,
  file: string,
  list: (choices: ReadonlyArray<string>) => string
): string =>
  places
    .flatMap((place) =>
      optionsAt(place, program)
        .filter(({ value }) => value !== undefined)
        .map((option) => {
          const patterns = option.names.map((name) => quoted(`${place.words} ${name}`)).join("|")
          const answer = isFile(option) ? file : option.choices.length > 0 ? list(option.choices) : "return"
          return `    ${patterns}) ${answer} ;;`
        })
    )
    .join("\n")

const bash = (program: CommandShape, name: string): string => {
  const places = placesOf(program)
  const wordsAt = (place: Place) => [
    ...place.shape.children.map(({ path }) => path.at(-1) ?? ""),
    ...optionsAt(place, program).flatMap(({ names }) => names),
    "--help"
  ]
  const values = valueCases(
    places,
    program,
    'COMPREPLY=($(compgen -f -- "$cur")); return',
    (choices) => `COMPREPLY=($(compgen -W ${quoted(choices.join(" "))} -- "$cur")); return`
  )
  const commands = places.map((place) => `    ${quoted(place.words)}) words=${quoted(wordsAt(place).join(" "))} ;;`)
  return `_nightly_dispatch() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" words=""
${whereAmI(places, '"${COMP_WORDS[@]:1:COMP_CWORD-1}"')}
  case "$at $prev" in
${values}
  esac
  case "$at" in
${commands.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _nightly_dispatch ${name}
`
}

/** A word and its description for zsh, which ends the word at the first colon. */
const described = (word: string, text: string): string => quoted(`${word.replaceAll(":", "\\:")}:${text}`)

const zsh = (program: CommandShape, name: string): string => {
  const places = placesOf(program)
  const wordsAt = (place: Place) => [
    ...place.shape.children.map(({ path, summary }) => described(path.at(-1) ?? "", summary)),
    ...optionsAt(place, program).flatMap(({ description, names }) => names.map((each) => described(each, description)))
  ]
  const values = valueCases(places, program, "_files; return", (choices) => `compadd -- ${choices.join(" ")}; return`)
  const commands = places.map((place) => `    ${quoted(place.words)}) words=(${wordsAt(place).join(" ")}) ;;`)
  return `#compdef ${name}
_nightly_dispatch() {
  local prev="\${words[CURRENT-1]}"
  local -a given
  given=("\${(@)words[2,CURRENT-1]}")
${whereAmI(places, '"${given[@]}"')}
  case "$at $prev" in
${values}
  esac
  local -a words
  case "$at" in
${commands.join("\n")}
  esac
  _describe ${quoted(name)} words
}
if [ "$funcstack[1]" = "_${name}" ]; then _nightly_dispatch "$@"; else compdef _nightly_dispatch ${name}; fi
`
}

/** A text for fish, whose single quotes know two escapes. */
const fishQuoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`

const fish = (program: CommandShape, name: string): string => {
  const places = placesOf(program)
  const lines = places.flatMap((place) => {
    const here = `complete -c ${name} -n ${fishQuoted(`__nightly_dispatch_at ${fishQuoted(place.words)}`)}`
    const names = (option: Parameter) =>
      option.names.map((each) => (each.startsWith("--") ? `-l ${each.slice(2)}` : `-s ${each.slice(1)}`)).join(" ")
    const value = (option: Parameter) => {
      if (option.value === undefined) return ""
      if (isFile(option)) return " -r -F"
      return option.choices.length > 0 ? ` -x -a ${fishQuoted(option.choices.join(" "))}` : " -x"
    }
    return [
      ...place.shape.children.map(
        ({ path, summary }) => `${here} -a ${fishQuoted(path.at(-1) ?? "")} -d ${fishQuoted(summary)}`
      ),
      ...optionsAt(place, program).map(
        (option) => `${here} ${names(option)}${value(option)} -d ${fishQuoted(option.description)}`
      )
    ]
  })
  const commands = places.filter(({ words }) => words !== "").map(({ words }) => fishQuoted(words))
  return `function __nightly_dispatch_at
    set -l at ''
    for word in (commandline -opc)[2..]
        set -l next (string trim "$at $word")
        if contains -- $next ${commands.join(" ")}
            set at $next
        end
    end
    test "$at" = "$argv[1]"
end
complete -c ${name} -f
${lines.join("\n")}
`
}

/**
 * The script that makes a shell complete commands, options and their values.
 *
 * @example
 * completionScript("bash", program) // for: source <(nightly-dispatch completions bash)
 */
export const completionScript = (shell: Shell, program: CommandShape): string =>
  ({ bash, zsh, fish })[shell](program, program.path[0] ?? "")
