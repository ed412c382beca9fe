using System.Runtime.Serialization;
using ActorDcp.Serialization;
using ActorDcp.Tests.Hocon;
using ActorDcp.VBuckets;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace ActorDcp.Tests.Serialization;

public sealed class ActorDcpSerializerTests : IDisposable
{
    private readonly ActorSystem _system = ActorSystem.Create(
        "serialization",
        ConfigurationFactory.ParseString("akka.loglevel = WARNING\nakka.actor.provider = remote")
            .WithFallback(HoconFiles.Load("actordcp.reference.conf")));

    public void Dispose()
    {
        _system.Terminate().Wait(TimeSpan.FromSeconds(20));
        _system.Dispose();
    }

    public static TheoryData<string> Types => [.. TravellingTypes().Select(type => type.FullName!)];

    [Theory]
    [MemberData(nameof(Types))]
    public void Each_type_is_read_from_and_written_as_its_golden_file(string type)
    {
        var sample = Assert.Single(Samples.All, sample => sample.GetType().FullName == type);
        var serializer = Assert.IsType<ActorDcpSerializer>(_system.Serialization.FindSerializerFor(sample));
        var bytes = serializer.ToBinary(sample);
        var text = $"{serializer.Manifest(sample)} {Convert.ToHexStringLower(bytes)}";
        var file = Path.Combine(AppContext.BaseDirectory, "Serialization", "Golden", sample.GetType().Name + ".hex");
        Assert.True(File.Exists(file), $"a new type needs its golden file: Serialization/Golden/{sample.GetType().Name}.hex = {text}");

        var golden = File.ReadAllText(file).Trim().Split(' ');
        Assert.Equal(sample, serializer.FromBinary(Convert.FromHexString(golden.Length > 1 ? golden[1] : ""), golden[0]));
        Assert.Equal(string.Join(' ', golden), text.Trim());
    }

    [Fact]
    public void Manifests_are_short_and_differ()
    {
        Assert.All(ActorDcpSerializer.Contracts, contract => Assert.InRange(contract.Manifest.Length, 1, 2));
        Assert.Distinct(ActorDcpSerializer.Contracts.Select(contract => contract.Manifest));
    }

    [Fact]
    public void Every_message_type_either_travels_or_says_that_it_does_not()
    {
        // a protocol is a static class with nested messages
        var messages = typeof(IActorDcpMessage).Assembly.GetTypes()
            .Where(type => type is { IsClass: true, IsAbstract: false, DeclaringType: { IsAbstract: true, IsSealed: true } protocol }
                && protocol.GetNestedTypes(System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.NonPublic)
                    .Any(nested => nested is { IsInterface: true, Name: "ICommand" or "IEvent" or "IQuery" or "IReply" })
                && type.GetMethod("<Clone>$") is not null)
            .ToList();

        Assert.Contains(typeof(VBucketMessages.Pause), messages);
        Assert.DoesNotContain(messages, type => !typeof(IActorDcpMessage).IsAssignableFrom(type)
            && !typeof(INoSerializationVerificationNeeded).IsAssignableFrom(type));
    }

    [Fact]
    public void What_has_no_serializer_of_ours_is_refused_both_ways()
    {
        var serialization = _system.Serialization;
        var refusing = Assert.IsType<ThrowingSerializer>(serialization.FindSerializerFor(new Uri("http://localhost")));

        Assert.Throws<SerializationException>(() => refusing.ToBinary(new Uri("http://localhost")));
        Assert.Throws<SerializationException>(() => serialization.Deserialize("{}"u8.ToArray(), ThrowingSerializer.Id, typeof(Uri)));
        Assert.DoesNotContain(
            "NewtonSoft",
            serialization.FindSerializerForType(typeof(object)).GetType().Name + serialization.FindSerializerForType(typeof(VBucketFact.Resumed)).GetType().Name,
            StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Akkas_own_messages_keep_their_serializers()
    {
        foreach (var message in (object[])[PoisonPill.Instance, new Identify(1), "text", 5, new Status.Failure(new InvalidOperationException("x"))])
        {
            var serializer = _system.Serialization.FindSerializerFor(message);
            Assert.StartsWith("Akka.Remote", serializer.GetType().FullName, StringComparison.Ordinal);
            Assert.NotNull(serializer.ToBinary(message));
        }
    }

    [Fact]
    public void Unknown_manifests_and_broken_bytes_are_refused()
    {
        var serializer = (SerializerWithStringManifest)_system.Serialization.FindSerializerForType(typeof(VBucketFact.Resumed));

        Assert.Throws<SerializationException>(() => serializer.FromBinary([], "zz"));
        Assert.Throws<SerializationException>(() => serializer.FromBinary([], "f1")); // a fact of no kind
        Assert.Throws<SerializationException>(() => serializer.FromBinary([0xff], "h"));
        Assert.Throws<SerializationException>(() => serializer.FromBinary([0x08, 0x80, 0x80, 0x04], "v1")); // vbucket 65,536
    }

    [Fact]
    public void Random_bytes_are_read_or_refused_and_nothing_else()
    {
        var serializer = (SerializerWithStringManifest)_system.Serialization.FindSerializerForType(typeof(VBucketFact.Resumed));
        var random = new Random(1);
        foreach (var sample in Samples.All)
        {
            for (var i = 0; i < 500; i++)
            {
                var bytes = serializer.ToBinary(sample);
                for (var flips = bytes.Length == 0 ? 0 : random.Next(1, 4); flips > 0; flips--)
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                try
                {
                    Assert.NotNull(serializer.FromBinary(bytes, serializer.Manifest(sample)));
                }
                catch (SerializationException)
                {
                }
            }
        }
    }

    private static IEnumerable<Type> TravellingTypes() => typeof(IActorDcpMessage).Assembly.GetTypes()
        .Where(type => type is { IsClass: true, IsAbstract: false } && typeof(IActorDcpMessage).IsAssignableFrom(type));

    [Fact]
    public void A_rollback_into_the_middle_of_a_snapshot_keeps_the_snapshot()
    {
        var offset = new StreamOffset(new VBucketUuid(5), new Seqno(190), new StreamSnapshot(new Seqno(180), new Seqno(220)), 3) { PurgeSeqno = new Seqno(4) };
        var fact = new VBucketFact.RolledBack(
            new OwnershipEpoch(2), DateTimeOffset.UnixEpoch, new Seqno(300), offset.Seqno, RollbackReason.UserRewind, offset.Uuid, offset);

        var read = (VBucketFact.RolledBack)FactMapping.FromProto(FactMapping.ToProto(fact));

        Assert.Equal(fact, read);
        Assert.Equal(offset, read.Position);
    }
}
