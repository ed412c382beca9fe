using System.Globalization;
using ActorDcp.Client;

namespace ActorDcp.Group;

/// <summary>A text that is the same exactly when two filters let the same through.</summary>
internal static class FilterFingerprint
{
    public static string Of(StreamFilter? filter)
    {
        if (filter is null)
            return "";
        if (filter.ScopeId is { } scope)
            return $"scope:{scope.ToString("x", CultureInfo.InvariantCulture)}";
        var ids = (filter.CollectionIds ?? []).Distinct().Order().Select(id => id.ToString("x", CultureInfo.InvariantCulture));
        return $"collections:{string.Join(',', ids)}";
    }
}
