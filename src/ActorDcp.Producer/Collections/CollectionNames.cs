using System.Buffers;

namespace ActorDcp.Producer.Collections;

/// <summary>Couchbase's rules for names of scopes and collections, in its words.</summary>
internal static class CollectionNames
{
    public const string Default = "_default";

    private const int MaxLength = 251;
    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-%");

    /// <summary>Refuses a name that nobody may choose.</summary>
    public static void Require(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length is 0 or > MaxLength)
            throw Refused($"Length must be in range from 1 to {MaxLength}");
        if (!HasOnlyAllowed(name))
            throw Refused("Can only contain characters A-Z, a-z, 0-9 and the following symbols _ - %");
        if (name[0] is '_' or '%')
            throw Refused("First character must not be _ or %");
    }

    /// <summary>Whether a name in a look-up can be one at all; an empty one means the default.</summary>
    public static bool IsSearchable(string name) => name.Length <= MaxLength && HasOnlyAllowed(name);

    private static bool HasOnlyAllowed(string name) => !name.AsSpan().ContainsAnyExcept(Allowed);

    private static CollectionsException Refused(string why) => new(CollectionsError.InvalidName, why, "name");
}
