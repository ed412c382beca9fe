using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace ActorDcp.Serialization;

/// <summary>
/// Takes the place of Akka's default JSON serializer, its identifier included, and refuses both ways: reading a type name that
/// comes from the network is running code of the sender's choice.
/// </summary>
internal sealed class ThrowingSerializer(ExtendedActorSystem system) : Serializer(system)
{
    /// <summary>That of the default JSON serializer, so that bytes which name it end here.</summary>
    public const int Id = 1;

    /// <summary>Akka passes the settings of the serializer whose place this one takes.</summary>
    public ThrowingSerializer(ExtendedActorSystem system, Config settings) : this(system)
    {
        _ = settings;
    }

    public override int Identifier => Id;

    public override bool IncludeManifest => true;

    public override byte[] ToBinary(object obj) =>
        throw new SerializationException($"{obj.GetType()} has no serializer and does not leave this process");

    public override object FromBinary(byte[] bytes, Type? type) =>
        throw new SerializationException("the default serializer is refused: the sender is no member of this version, or an attacker");
}
