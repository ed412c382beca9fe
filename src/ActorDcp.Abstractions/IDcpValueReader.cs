namespace ActorDcp;

/// <summary>Takes values apart: inflates them and splits off the extended attributes. Implemented by the protocol layer.</summary>
public interface IDcpValueReader
{
    /// <summary>
    /// The body of an event's value: inflated, without the extended attributes. Where nothing has to be undone it is a slice of
    /// <see cref="DcpEvent.Value"/>, else a buffer that lives as long as the batch.
    /// </summary>
    /// <exception cref="InvalidDataException">The value is not what its datatype says.</exception>
    ReadOnlyMemory<byte> ReadBody(in DcpEvent change);

    /// <summary>The inflated value, extended attributes included.</summary>
    /// <exception cref="InvalidDataException">The value is not what its datatype says.</exception>
    ReadOnlyMemory<byte> ReadInflated(in DcpEvent change);

    /// <summary>A reader of the same kind for copies that outlive the batch: its buffers live as long as they are referenced.</summary>
    IDcpValueReader Detached { get; }
}
