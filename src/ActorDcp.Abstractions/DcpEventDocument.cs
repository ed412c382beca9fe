using System.Text.Json;

namespace ActorDcp;

/// <summary>Reading an event's document.</summary>
public static class DcpEventDocument
{
    /// <summary>The body: inflated, without extended attributes; valid as long as the event's batch.</summary>
    /// <exception cref="InvalidDataException">The value is not what its datatype says.</exception>
    public static ReadOnlyMemory<byte> ReadBody(this in DcpEvent change) =>
        change.Batch is null ? change.Value : change.Batch.ReadBody(change);

    /// <summary>The body read as JSON, straight from the batch's bytes.</summary>
    /// <exception cref="JsonException">The body is not JSON of this shape.</exception>
    /// <exception cref="InvalidDataException">The value is not what its datatype says.</exception>
    public static T? ReadJson<T>(this in DcpEvent change, JsonSerializerOptions? options = null) =>
        JsonSerializer.Deserialize<T>(change.ReadBody().Span, options);
}
