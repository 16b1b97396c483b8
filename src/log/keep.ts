/** How much history a store keeps: everything, or the most that all of these allow. */
export type Keep = 'all' | { readonly batches?: number; readonly ageMs?: number; readonly bytes?: number };
