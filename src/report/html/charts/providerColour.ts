/** Colours for providers in `style.ts`. Further providers share the last one: each job says its provider in words. */
const COLOURS = 8

/** The class of a provider's colour. `providers`: the first has the first colour. */
export const colourOf = (provider: string | undefined, providers: ReadonlyArray<string>): string => {
  const place = providers.indexOf(provider ?? "")
  return `provider-${place === -1 ? COLOURS : Math.min(place + 1, COLOURS)}`
}
