using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace ActorDcp.Producer.Buckets;

/// <summary>
/// Tells the processor what will be read soon. Documents lie all over memory, which answers in a hundred nanoseconds and more, but
/// answers many questions at a time. A hint only: the address may be stale, and what is no processor of the kind ignores it.
/// </summary>
internal static unsafe class CacheLines
{
    private const int Line = 64;

    /// <summary>An object, which is not touched here.</summary>
    /// <param name="target">The object, or nothing.</param>
    /// <param name="bytes">How much of it.</param>
    public static void Fetch(object? target, int bytes)
    {
        for (var offset = 0; offset < bytes; offset += Line)
            FetchLine(target, offset);
    }

    /// <summary>The length of an array, and one of its elements.</summary>
    public static void FetchElement<T>(T[] array, int index) where T : class
    {
        FetchLine(array, 0);
        FetchLine(array, (index + 2) * sizeof(nint));
    }

    private static void FetchLine(object? target, int offset)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0((void*)(Unsafe.As<object?, nint>(ref target) + offset));
    }
}
