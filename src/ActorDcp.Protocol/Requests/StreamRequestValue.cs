using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace ActorDcp.Protocol.Requests;

/// <summary>
/// The JSON value of a STREAM_REQ (dcp-reference.md 3.3): <c>collections</c> or <c>scope</c> in hexadecimal text, <c>uid</c> hexadecimal,
/// <c>sid</c> a number, <c>purge_seqno</c> decimal text. Only with HELO Collections.
/// </summary>
public static class StreamRequestValue
{
    /// <summary>Writes the value.</summary>
    /// <param name="collectionIds">Only these collections; null for no such limit. The server closes the connection on a duplicate.</param>
    /// <param name="scopeId">Only this scope. Excludes collections.</param>
    /// <param name="streamId">1 to 65,535; needed where <c>enable_stream_id</c> took effect.</param>
    /// <param name="manifestUid">Manifest last seen; today's servers only log it.</param>
    /// <param name="purgeSeqno">Purge seqno of the last v2.2 marker (4.8); older servers refuse it.</param>
    /// <returns>The bytes; empty when nothing was asked for, which means everything.</returns>
    /// <exception cref="ArgumentException">Both collections and a scope, a duplicate collection, or stream id 0.</exception>
    public static byte[] Write(
        IReadOnlyList<uint>? collectionIds = null, uint? scopeId = null, ushort? streamId = null, ulong? manifestUid = null,
        Seqno? purgeSeqno = null)
    {
        if (collectionIds is null && scopeId is null && streamId is null && manifestUid is null && purgeSeqno is null)
            return [];
        if (collectionIds is not null && scopeId is not null)
            throw new ArgumentException("a stream is limited to collections or to a scope, not to both", nameof(scopeId));
        if (collectionIds is not null && collectionIds.Distinct().Count() != collectionIds.Count)
            throw new ArgumentException("a collection is listed twice", nameof(collectionIds));
        if (streamId == 0)
            throw new ArgumentException("a stream id lies between 1 and 65535", nameof(streamId));

        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            if (collectionIds is not null)
            {
                json.WriteStartArray("collections");
                foreach (var id in collectionIds)
                    json.WriteStringValue(Hex(id));
                json.WriteEndArray();
            }
            if (scopeId is { } scope)
                json.WriteString("scope", Hex(scope));
            if (streamId is { } sid)
                json.WriteNumber("sid", sid);
            if (manifestUid is { } uid)
                json.WriteString("uid", Hex(uid));
            if (purgeSeqno is { } purge)
                json.WriteString("purge_seqno", purge.ToString());
            json.WriteEndObject();
        }
        return output.WrittenSpan.ToArray();
    }

    private static string Hex(ulong number) => number.ToString("x", CultureInfo.InvariantCulture);
}
