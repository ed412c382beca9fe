using Google.Protobuf;

namespace ActorDcp.Serialization;

/// <summary>How one type travels: its manifest and its form in bytes.</summary>
internal sealed class MessageContract
{
    private MessageContract(Type type, string manifest, Func<object, byte[]> write, Func<byte[], object> read)
    {
        Type = type;
        Manifest = manifest;
        Write = write;
        Read = read;
    }

    public Type Type { get; }

    /// <summary>Short and never changed: it is stored with every event.</summary>
    public string Manifest { get; }

    public Func<object, byte[]> Write { get; }

    public Func<byte[], object> Read { get; }

    public static MessageContract Of<TMessage, TProto>(
        string manifest, Func<TMessage, TProto> write, Func<TProto, TMessage> read)
        where TMessage : IActorDcpMessage
        where TProto : IMessage<TProto>, new()
    {
        var parser = new MessageParser<TProto>(() => new TProto());
        return new MessageContract(
            typeof(TMessage), manifest, message => write((TMessage)message).ToByteArray(), bytes => read(parser.ParseFrom(bytes)));
    }
}
