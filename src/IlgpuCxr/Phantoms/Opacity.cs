namespace IlgpuCxr.Phantoms;

/// <summary>What makes the class: lung whose air has been replaced by fluid.</summary>
internal abstract class Opacity
{
    /// <summary>Dark tubes inside the opacity, to be painted with strengths up to 1: open bronchi.</summary>
    public virtual IReadOnlyList<Stroke> Bronchi => [];

    /// <summary>The share of the air that is replaced at a point inside a lung, in [0, 1].</summary>
    /// <param name="x">Body coordinate.</param>
    /// <param name="y">Body coordinate.</param>
    /// <param name="lung">The same point as its lung sees it.</param>
    /// <param name="bronchus">The shade of <see cref="Bronchi"/> there, 1 on a bronchus' axis.</param>
    public abstract float Fluid(float x, float y, in LungPoint lung, float bronchus);
}
