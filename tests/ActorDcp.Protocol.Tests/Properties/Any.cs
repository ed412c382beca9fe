using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;

namespace ActorDcp.Protocol.Tests.Properties;

/// <summary>What properties are checked over: numbers of every magnitude with their limits, and bytes.</summary>
internal static class Any
{
    private static readonly Gen<ulong> Random64 = Gen.Choose(0, int.MaxValue).SelectMany(high => Gen.Choose(0, int.MaxValue), (high, low) => ((ulong)high << 33) ^ ((ulong)high << 2) ^ (ulong)low);

    internal static Gen<ulong> UInt64 { get; } = Gen.Frequency(
        (1, Gen.Elements<ulong>(0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, uint.MaxValue, long.MaxValue, 1UL << 63, ulong.MaxValue)),
        (1, Random64.SelectMany(number => Gen.Choose(0, 63), (number, shift) => number >> shift)),
        (1, Random64));

    internal static Gen<uint> UInt32 { get; } = UInt64.Select(number => (uint)number);

    internal static Gen<ushort> UInt16 { get; } = UInt64.Select(number => (ushort)number);

    internal static Gen<byte> Byte { get; } = Gen.Choose(0, byte.MaxValue).Select(number => (byte)number);

    internal static Gen<Seqno> Seqno { get; } = UInt64.Select(number => new Seqno(number));

    internal static Gen<VBucketId> VBucket { get; } = UInt16.Select(number => new VBucketId(number));

    /// <summary>Bytes up to a length, which itself is often reached.</summary>
    internal static Gen<byte[]> Bytes(int most) =>
        Gen.OneOf(Gen.Choose(0, most), Gen.Elements(0, most)).SelectMany(length => Byte.ArrayOf(length));

    /// <summary>Fails with the smallest counterexample that is found.</summary>
    internal static void Holds<T>(Gen<T> generator, Action<T> property, int times = 300) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(times), Prop.ForAll(generator.ToArbitrary(), value =>
        {
            property(value);
            return true;
        }));

    internal static byte[] BigEndian(ulong number, int bytes)
    {
        var all = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(all, number);
        return all[^bytes..];
    }
}
