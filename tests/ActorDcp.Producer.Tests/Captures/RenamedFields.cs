namespace ActorDcp.Producer.Tests.Captures;

/// <summary>What values of a capture that may have other names are here: one for one, field by field.</summary>
internal sealed class RenamedFields
{
    private static readonly List<AllowedDifference> Renamed = [.. AllowedDifference.All.Where(allowed => allowed.How == DifferenceKind.Renamed)];
    private readonly Dictionary<(string Field, string Recorded), string> _here = [];
    private readonly Dictionary<(string Field, string Played), string> _there = [];

    /// <summary>Whether a value is what it was before, or new on both sides. Of fields that may not be renamed nothing is known.</summary>
    /// <param name="frame">As <see cref="FrameFields.Describe"/> has it.</param>
    /// <param name="field">Name of the field.</param>
    /// <param name="recorded">Its value there.</param>
    /// <param name="played">Its value here.</param>
    public bool Fits(string frame, string field, string recorded, string played)
    {
        if (!Renamed.Exists(allowed => allowed.IsOf($"{frame}: {field}")))
            return true;
        if (_here.TryGetValue((field, recorded), out var here) || _there.ContainsKey((field, played)))
            return here == played;
        _here[(field, recorded)] = played;
        _there[(field, played)] = recorded;
        return true;
    }
}
