/**
 * Effect programs cancelled everywhere, as programs of a sweep.
 *
 * @since 0.1.0
 */
export {}
