using System.Globalization;
using System.Text.Json;

namespace ActorDcp.Client.Tests.Replay;

/// <summary>The JSON value of a stream request (dcp-reference.md 3.3), by its meaning.</summary>
/// <param name="Collections">Ids in order; null for no such limit.</param>
/// <param name="Scope">Scope id.</param>
/// <param name="HasStreamId">Whether it names a stream id.</param>
/// <param name="Uid">Manifest; 0, which means none, where it names none.</param>
internal sealed record RecordedFilter(string? Collections, uint? Scope, bool HasStreamId, ulong Uid)
{
    private static readonly string[] Known = ["collections", "scope", "sid", "uid"];

    internal static RecordedFilter None { get; } = new(null, null, false, 0);

    internal StreamFilter? ToFilter() =>
        Collections is not null ? new StreamFilter(Collections.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Hex32).ToList())
        : Scope is { } scope ? new StreamFilter(ScopeId: scope)
        : null;

    /// <summary>Reads a value; null when it is none that a legal client writes.</summary>
    internal static RecordedFilter? Read(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
            return None;
        try
        {
            var root = JsonDocument.Parse(value.ToArray()).RootElement;
            var names = root.EnumerateObject().Select(property => property.Name).ToList();
            if (names.Count == 0 || names.Except(Known).Any() || names.Distinct().Count() != names.Count)
                return null;
            var ids = root.TryGetProperty("collections", out var list) ? list.EnumerateArray().Select(id => Hex32(id.GetString()!)).ToList() : null;
            uint? scope = root.TryGetProperty("scope", out var scopeId) ? Hex32(scopeId.GetString()!) : null;
            if (ids?.Distinct().Count() != ids?.Count || (ids is not null && scope is not null))
                return null;
            var hasStreamId = root.TryGetProperty("sid", out var sid);
            if (hasStreamId && sid.GetInt32() is < 1 or > ushort.MaxValue)
                return null;
            return new RecordedFilter(
                ids is null ? null : string.Join(' ', ids.Select(id => id.ToString("x", CultureInfo.InvariantCulture))), scope, hasStreamId,
                root.TryGetProperty("uid", out var uid) ? ulong.Parse(uid.GetString()!, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) : 0);
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException or OverflowException)
        {
            return null;
        }
    }

    private static uint Hex32(string text) => uint.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
