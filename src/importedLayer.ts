import { Effect, Layer } from "effect"

/**
 * A layer of a module that is imported when the layer is built: of the layers that settings choose from, a run needs one each.
 *
 * @example
 * importedLayer(() => import("./database.ts"), ({ layer }) => layer(options))
 */
export const importedLayer = <M, A, E, R>(
  load: () => Promise<M>,
  make: (module: M) => Layer.Layer<A, E, R>
): Layer.Layer<A, E, R> => Layer.unwrapEffect(Effect.map(Effect.promise(load), make))

/**
 * The function `layer` of a module, which is imported when the layer is built.
 *
 * @example
 * const layer = importing(() => import("./BdBeads.ts"))
 */
export const importing =
  <Options, A, E, R>(load: () => Promise<{ readonly layer: (options: Options) => Layer.Layer<A, E, R> }>) =>
  (options: Options): Layer.Layer<A, E, R> =>
    importedLayer(load, ({ layer }) => layer(options))
