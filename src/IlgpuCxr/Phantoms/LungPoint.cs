namespace IlgpuCxr.Phantoms;

/// <summary>A point of the chest as a lung sees it.</summary>
/// <param name="Side">-1 for the patient's right lung (left on the image), +1 for the left one.</param>
/// <param name="Air">How much lung the ray passes, 0 outside and 1 at the deepest.</param>
/// <param name="Across">0 at the mediastinum, 1 at the outer chest wall.</param>
/// <param name="Down">0 at the apex, 1 at the diaphragm.</param>
/// <param name="Wall">Distance from the midline to the outer chest wall at this height, body units.</param>
/// <param name="BelowDome">How far the point lies below the diaphragm, body units; negative above it.</param>
internal readonly record struct LungPoint(
    float Side, float Air, float Across, float Down, float Wall, float BelowDome);
